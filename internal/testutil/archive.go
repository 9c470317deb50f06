package testutil

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"path"
	"testing"
)

// Unpack reads a gzipped tar archive: the contents by the last part of their names.
func Unpack(t testing.TB, r io.Reader) map[string]string {
	t.Helper()
	gz, err := gzip.NewReader(r)
	if err != nil {
		t.Fatalf("archive: %v", err)
	}
	files := map[string]string{}
	for tr := tar.NewReader(gz); ; {
		h, err := tr.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatalf("archive: %v", err)
		}
		b, err := io.ReadAll(tr)
		if err != nil {
			t.Fatalf("archive: %s: %v", h.Name, err)
		}
		files[path.Base(h.Name)] = string(b)
	}
}
