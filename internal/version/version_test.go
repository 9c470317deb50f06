package version

import (
	"runtime"
	"runtime/debug"
	"testing"
)

func TestABuildIsDescribed(t *testing.T) {
	vcs := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "1a2b3c4d5e6f7a8b9c0d"},
		{Key: "vcs.time", Value: "2026-11-24T03:44:00Z"},
		{Key: "vcs.modified", Value: "true"},
	}
	machine := ", " + runtime.Version() + ", " + runtime.GOOS + "/" + runtime.GOARCH
	for _, c := range []struct {
		name          string
		version, date string
		build         debug.BuildInfo
		want, day     string
	}{
		{"released", "v1.2.3", "2026-01-02T00:00:00Z", debug.BuildInfo{Settings: vcs}, "v1.2.3 (1a2b3c4d5e6f+changes" + machine + ")", "2026-01-02T00:00:00Z"},
		{"from a checkout", "", "", debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: vcs}, "devel (1a2b3c4d5e6f+changes" + machine + ")", "2026-11-24T03:44:00Z"},
		{"by go install", "", "", debug.BuildInfo{Main: debug.Module{Version: "v1.2.4"}}, "v1.2.4 (" + machine[2:] + ")", ""},
		{
			"for a variant of the processor", "v1", "",
			debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "GOARM", Value: "7"}}},
			"v1 (" + machine[2:] + "/7)", "",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := describe(c.version, c.date, &c.build)
			if got.String() != c.want || got.Date != c.day {
				t.Errorf("got %q of %q, want %q of %q", got, got.Date, c.want, c.day)
			}
		})
	}
}

func TestADateIsInThePastOrUnknown(t *testing.T) {
	if got := Get(); got.Version == "" || got.Go == "" {
		t.Errorf("this test binary is %+v", got)
	}
	if d := Date(); !d.IsZero() && d.Year() < 2026 {
		t.Errorf("built %s", d)
	}
}
