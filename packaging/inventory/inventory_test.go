package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

func TestLicencesAreToldApart(t *testing.T) {
	for want, text := range map[string]string{
		"Apache-2.0":   "Apache License\n   Version 2.0, January 2004",
		"MIT":          "Permission is hereby granted, free of charge, to any person\nobtaining a copy of this software",
		"BSD-3-Clause": "Redistributions in binary form must reproduce the above\ncopyright notice\n * Neither the name of Google",
		"BSD-2-Clause": "2. Redistributions in binary form must reproduce the above copyright notice",
		"MPL-2.0":      "Mozilla Public License Version 2.0",
		"":             "All rights reserved. Ask us.",
	} {
		if got := identify(text); got != want {
			t.Errorf("%q is taken for %q, want %q", text, got, want)
		}
	}
}

// Nothing of unknown terms is shipped.
func TestAModuleWithoutAKnownLicenceIsAnError(t *testing.T) {
	dir := t.TempDir()
	if _, err := licencesIn(dir, licenceName); err == nil {
		t.Error("no licence is no error")
	}
	if err := os.WriteFile(dir+"/LICENSE", []byte("Ask us."), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := licencesIn(dir, licenceName); err == nil {
		t.Error("an unknown licence is no error")
	}
}

func TestTheBillOfMaterialsNamesEachPartWithItsHash(t *testing.T) {
	info := &debug.BuildInfo{GoVersion: "go1.26.0", Settings: []debug.BuildSetting{{Key: "GOARCH", Value: "arm64"}}}
	parts := []part{
		{path: "example.com/m", version: "v1.0.0", sum: "h1:AAAA", files: []licenceFile{{licence: "MIT"}, {name: "NOTICE"}}},
		{path: "std", version: "go1.26.0", files: []licenceFile{{licence: "BSD-3-Clause"}}},
	}
	var one, two bytes.Buffer
	for _, w := range []*bytes.Buffer{&one, &two} {
		if err := writeSBOM(w, info, "v1.2.3", parts); err != nil {
			t.Fatal(err)
		}
	}
	if one.String() != two.String() {
		t.Error("the same build gives other bytes")
	}
	var b bom
	if err := json.Unmarshal(one.Bytes(), &b); err != nil {
		t.Fatal(err)
	}
	c := b.Components[0]
	if len(b.Components) != 2 || c.PURL != "pkg:golang/example.com/m@v1.0.0" || c.Hashes[0].Content != "000000" || c.Licenses[0].Expression != "MIT" {
		t.Errorf("got %+v", b.Components)
	}
	if b.Metadata.Component.Version != "v1.2.3" || !strings.HasPrefix(b.Serial, "urn:uuid:") || len(b.Serial) != len("urn:uuid:")+36 {
		t.Errorf("got version %q, serial %q", b.Metadata.Component.Version, b.Serial)
	}
}

// The MQTT library is offered under two licences; its notice names both, and only the
// one that is taken is passed on.
func TestOfTwoLicencesTheNamedOneIsTaken(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"LICENSE": "Eclipse Public License - v 2.0 (EPL-2.0)", "NOTICE.md": "This project is dual-licensed.",
		"edl-v10": "Neither the name of the Eclipse Foundation, Inc. nor the names of its contributors may be used",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := licencesIn(dir, namesOf("github.com/eclipse/paho.mqtt.golang"))
	if err != nil {
		t.Fatal(err)
	}
	p := part{files: files}
	if len(files) != 2 || p.licence() != "BSD-3-Clause" {
		t.Errorf("%d files, licence %q, want the notice and BSD-3-Clause", len(files), p.licence())
	}
}
