// Package version says which edged this is: the released version (set by the
// linker from the git tag), the revision it was built from, and for what.
//
// It promises to answer always: a binary built without a tag or outside a checkout
// says "devel" and leaves out what it does not know.
package version

import (
	"runtime"
	"runtime/debug"
	"time"
)

// Set by the linker:
//
//	-X edged/internal/version.version=v1.2.3 -X edged/internal/version.date=2026-11-24T03:44:00Z
var (
	version string
	date    string
)

// Info is one build. Its JSON is a contract.
type Info struct {
	Version  string `json:"version"`            // "v1.2.3", or "devel"
	Revision string `json:"revision,omitempty"` // of the source
	Modified bool   `json:"modified,omitempty"` // the source had uncommitted changes
	Date     string `json:"date,omitempty"`     // of the source, RFC 3339
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"` // with its variant: "arm/7"
}

// Get describes this binary.
func Get() Info {
	b, ok := debug.ReadBuildInfo()
	if !ok {
		b = &debug.BuildInfo{}
	}
	return describe(version, date, b)
}

// Date is when the source was last changed, the zero time if unknown: this moment
// has passed, whatever a clock says (M10).
func Date() time.Time {
	t, err := time.Parse(time.RFC3339, Get().Date)
	if err != nil {
		return time.Time{}
	}
	return t
}

func describe(version, date string, b *debug.BuildInfo) Info {
	i := Info{Version: version, Date: date, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	for _, s := range b.Settings {
		switch s.Key {
		case "vcs.revision":
			i.Revision = s.Value
		case "vcs.modified":
			i.Modified = s.Value == "true"
		case "vcs.time":
			if i.Date == "" {
				i.Date = s.Value
			}
		case "GOARM", "GOAMD64", "GOARM64":
			i.Arch = runtime.GOARCH + "/" + s.Value
		}
	}
	if i.Version == "" {
		i.Version = b.Main.Version
	}
	if i.Version == "" || i.Version == "(devel)" {
		i.Version = "devel"
	}
	return i
}

// String is one line for people: "v1.2.3 (1a2b3c4d5e6f, go1.26.8, linux/arm/7)".
func (i Info) String() string {
	s := i.Version + " ("
	if i.Revision != "" {
		s += i.Revision[:min(len(i.Revision), 12)]
		if i.Modified {
			s += "+changes"
		}
		s += ", "
	}
	return s + i.Go + ", " + i.OS + "/" + i.Arch + ")"
}
