package main

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"runtime/debug"
	"strings"
)

// The parts of CycloneDX 1.6 that are used here (cyclonedx.org/docs/1.6/json).
type bom struct {
	Format       string       `json:"bomFormat"`
	Spec         string       `json:"specVersion"`
	Serial       string       `json:"serialNumber"`
	Version      int          `json:"version"`
	Metadata     metadata     `json:"metadata"`
	Components   []component  `json:"components"`
	Dependencies []dependency `json:"dependencies"`
}

type metadata struct {
	Component component `json:"component"`
}

type component struct {
	Ref        string       `json:"bom-ref"`
	Type       string       `json:"type"`
	Name       string       `json:"name"`
	Version    string       `json:"version"`
	PURL       string       `json:"purl,omitempty"`
	Hashes     []hash       `json:"hashes,omitempty"`
	Licenses   []expression `json:"licenses,omitempty"`
	Properties []property   `json:"properties,omitempty"`
}

type hash struct {
	Alg     string `json:"alg"`
	Content string `json:"content"`
}

type expression struct {
	Expression string `json:"expression"`
}

type property struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type dependency struct {
	Ref       string   `json:"ref"`
	DependsOn []string `json:"dependsOn"`
}

func writeSBOM(w io.Writer, info *debug.BuildInfo, version string, parts []part) error {
	root := component{
		Ref: "edged", Type: "application", Name: "edged", Version: version,
		Licenses: []expression{{"Apache-2.0"}}, Properties: settings(info),
	}
	b := bom{
		Format: "CycloneDX", Spec: "1.6", Version: 1, Metadata: metadata{root},
		Dependencies: []dependency{{Ref: root.Ref}},
	}
	for _, p := range parts {
		c, err := componentOf(p)
		if err != nil {
			return err
		}
		b.Components = append(b.Components, c)
		b.Dependencies[0].DependsOn = append(b.Dependencies[0].DependsOn, c.Ref)
	}
	b.Serial = serial(version, info)
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	enc.SetEscapeHTML(false)
	return enc.Encode(b)
}

// settings are those that tell one build from another.
func settings(info *debug.BuildInfo) (out []property) {
	for _, s := range info.Settings {
		switch s.Key {
		case "GOOS", "GOARCH", "GOARM", "GOARM64", "GOAMD64", "CGO_ENABLED", "vcs.revision", "vcs.modified":
			out = append(out, property{"edged:build:" + s.Key, s.Value})
		}
	}
	return out
}

func componentOf(p part) (component, error) {
	c := component{
		Type: "library", Name: p.path, Version: p.version,
		PURL: "pkg:golang/" + p.path + "@" + p.version, Licenses: []expression{{p.licence()}},
	}
	c.Ref = c.PURL
	if p.sum == "" {
		return c, nil
	}
	sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(p.sum, "h1:"))
	if err != nil {
		return c, fmt.Errorf("%s: sum: %w", p.path, err)
	}
	c.Hashes = []hash{{"SHA-256", hex.EncodeToString(sum)}}
	return c, nil
}

// serial is a UUID that follows from the build: version 8 of RFC 9562, own content.
func serial(version string, info *debug.BuildInfo) string {
	u := sha256.Sum256([]byte(version + "\n" + info.String()))
	u[6], u[8] = u[6]&0x0f|0x80, u[8]&0x3f|0x80
	return fmt.Sprintf("urn:uuid:%x-%x-%x-%x-%x", u[0:4], u[4:6], u[6:8], u[8:10], u[10:16])
}

func writeNotices(w io.Writer, parts []part) error {
	_, err := fmt.Fprintf(w, "edged contains the following works of others, under these terms.\n")
	for _, p := range parts {
		for _, f := range p.files {
			if err == nil {
				_, err = fmt.Fprintf(w, "\n%s\n%s %s: %s\n\n%s\n", strings.Repeat("-", 78), p.path, p.version, f.name, strings.TrimSpace(f.text))
			}
		}
	}
	return err
}

func writeList(w io.Writer, parts []part) (err error) {
	for _, p := range parts {
		if err == nil {
			_, err = fmt.Fprintf(w, "%s %s %s\n", p.path, p.version, p.licence())
		}
	}
	return err
}
