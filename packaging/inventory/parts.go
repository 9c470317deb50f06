package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
)

// part is one module in the binary; the Go library is one too.
type part struct {
	path    string
	version string
	sum     string // "h1:" and base64, as in go.sum; "" for the Go library
	files   []licenceFile
}

type licenceFile struct {
	name, text string
	licence    string // SPDX identifier; "" for a notice
}

// licence is the SPDX expression of the part.
func (p part) licence() string {
	var all []string
	for _, f := range p.files {
		if f.licence != "" && !slices.Contains(all, f.licence) {
			all = append(all, f.licence)
		}
	}
	return strings.Join(all, " AND ")
}

// partsOf lists what was linked, sorted by path.
func partsOf(info *debug.BuildInfo) ([]part, error) {
	root, err := output("go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	parts := []part{{path: "std", version: info.GoVersion}}
	dirs := []string{root}
	for _, m := range info.Deps {
		if m.Replace != nil {
			m = m.Replace
		}
		dir, err := moduleDir(m)
		if err != nil {
			return nil, err
		}
		parts, dirs = append(parts, part{path: m.Path, version: m.Version, sum: m.Sum}), append(dirs, dir)
	}
	for i := range parts {
		if parts[i].files, err = licencesIn(dirs[i], namesOf(parts[i].path)); err != nil {
			return nil, fmt.Errorf("%s: %w", parts[i].path, err)
		}
	}
	slices.SortFunc(parts, func(a, b part) int { return cmp.Compare(a.path, b.path) })
	return parts, nil
}

// moduleDir is where the module's files are.
func moduleDir(m *debug.Module) (string, error) {
	out, err := output("go", "mod", "download", "-json", m.Path+"@"+m.Version)
	if err != nil {
		return "", err
	}
	var found struct{ Dir, Sum string }
	if err := json.Unmarshal([]byte(out), &found); err != nil {
		return "", fmt.Errorf("%s: %w", m.Path, err)
	}
	if found.Sum != m.Sum {
		return "", fmt.Errorf("%s %s: the cache has %s, the binary was built from %s", m.Path, m.Version, found.Sum, m.Sum)
	}
	return found.Dir, nil
}

func output(name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

// licenceName is how files with terms are called.
var licenceName = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([-.].*)?$`)

// namesOf is how the files with a module's terms are called. What is offered under
// either of two licences is taken under the one that is named here.
func namesOf(module string) *regexp.Regexp {
	if module == "github.com/eclipse/paho.mqtt.golang" {
		return regexp.MustCompile(`^(edl-v10|NOTICE\.md)$`) // or the EPL-2.0
	}
	return licenceName
}

func licencesIn(dir string, names *regexp.Regexp) ([]licenceFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var files []licenceFile
	known := false
	for _, e := range entries {
		if !e.Type().IsRegular() || !names.MatchString(e.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return nil, err
		}
		f := licenceFile{name: e.Name(), text: string(text), licence: identify(string(text))}
		known = known || f.licence != ""
		files = append(files, f)
	}
	if !known {
		return nil, errors.New("no licence that is known here")
	}
	return files, nil
}

// identify finds the licence by words that only it has.
func identify(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	for _, l := range []struct{ id, words string }{
		{"Apache-2.0", "Apache License Version 2.0"},
		{"MPL-2.0", "Mozilla Public License Version 2.0"},
		{"MIT-0", "MIT No Attribution"},
		{"MIT", "Permission is hereby granted, free of charge, to any person obtaining a copy"},
		{"ISC", "Permission to use, copy, modify, and/or distribute this software for any purpose with or without fee"},
		{"BSD-3-Clause", "Neither the name of"},
		{"BSD-3-Clause", "nor the names of its contributors"},
		{"BSD-2-Clause", "Redistributions in binary form must reproduce the above copyright notice"},
		{"blessing", "May you do good and not evil"},
	} {
		if strings.Contains(text, l.words) {
			return l.id
		}
	}
	return ""
}
