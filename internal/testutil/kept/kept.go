// Package kept holds files that are never edited: what some version of edged has
// written into its store, and every later one must read.
//
// It promises that a file which was changed, renamed or removed fails the test that
// names it, and that Write makes only what is missing. It knows nothing of what the
// bytes mean.
package kept

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// Dir is a directory of kept files: NAME.json, and their sums as sha256sum writes and
// checks them, in the order of the names.
type Dir struct {
	Path  string
	Names []string
}

const sums = "SHA256SUMS"

// File is the path of a kept file.
func (d Dir) File(name string) string { return filepath.Join(d.Path, name+".json") }

// Read gives the bytes that were kept.
func (d Dir) Read(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(d.File(name))
	if err != nil {
		t.Fatalf("%v: a new row is written with -write-states", err)
	}
	return b
}

// Check fails the test unless the directory has exactly the named files, with the
// bytes that were once written.
func (d Dir) Check(t testing.TB) {
	t.Helper()
	want, err := os.ReadFile(filepath.Join(d.Path, sums))
	if err != nil {
		t.Fatal(err)
	}
	var have strings.Builder
	for _, name := range d.Names {
		have.WriteString(sumLine(name, d.Read(t, name)))
	}
	if have.String() != string(want) {
		t.Errorf("%s was changed: a kept file is never edited, renamed or removed. The files are\n%s\nand the sums\n%s", d.Path, have.String(), want)
	}
	files, err := filepath.Glob(d.File("*"))
	if err != nil || len(files) != len(d.Names) {
		t.Errorf("%s has %d files, the table has %d rows (%v)", d.Path, len(files), len(d.Names), err)
	}
}

func sumLine(name string, b []byte) string {
	return fmt.Sprintf("%x  %s.json\n", sha256.Sum256(b), name)
}

// Write makes the files that are missing, and puts their sums below the others. A new
// name therefore stands at the end of Names.
func (d Dir) Write(t testing.TB, make func(name string) []byte) {
	t.Helper()
	if err := os.MkdirAll(d.Path, 0o755); err != nil {
		t.Fatal(err)
	}
	list, err := os.OpenFile(filepath.Join(d.Path, sums), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	for _, name := range d.Names {
		if _, err := os.Stat(d.File(name)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		b := make(name)
		if err := write(d.File(name), b); err != nil {
			t.Fatal(err)
		}
		if _, err := list.WriteString(sumLine(name, b)); err != nil {
			t.Fatal(err)
		}
		t.Logf("written: %s", name)
	}
}

// write refuses a file that is there.
func write(path string, b []byte) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	return errors.Join(err, f.Close())
}

// Lost names what the kept JSON says and its form of today does not, or says
// differently. What is new in today's form is not looked at.
func Lost(was, is []byte) ([]string, error) {
	var a, b any
	if err := errors.Join(exactly(was, &a), exactly(is, &b)); err != nil {
		return nil, err
	}
	lost := missing("", a, b)
	slices.Sort(lost)
	return lost, nil
}

// exactly reads JSON with numbers as they are written.
func exactly(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(v)
}

func missing(at string, was, is any) (lost []string) {
	switch was := was.(type) {
	case map[string]any:
		is, _ := is.(map[string]any)
		for name, v := range was {
			lost = append(lost, missing(at+"."+name, v, is[name])...)
		}
	case []any:
		is, _ := is.([]any)
		for i, v := range was {
			var now any
			if i < len(is) {
				now = is[i]
			}
			lost = append(lost, missing(fmt.Sprintf("%s[%d]", at, i), v, now)...)
		}
	default:
		if was != is {
			lost = append(lost, fmt.Sprintf("%s: %v is now %v", at, was, is))
		}
	}
	return lost
}
