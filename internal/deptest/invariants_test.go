package deptest

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestEveryInvariantHasATestNamedAfterIt: what must always be true (M1 to M13) can be
// found, and run, by its number: go test -run TestM4_ ./...
func TestEveryInvariantHasATestNamedAfterIt(t *testing.T) {
	const invariants = 13
	name := regexp.MustCompile(`(?m)^func Test(M\d+)_\w+\(t \*testing\.T\)`)
	found := map[string][]string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, m := range name.FindAllStringSubmatch(string(text), -1) {
			found[m[1]] = append(found[m[1]], path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= invariants; n++ {
		m := fmt.Sprintf("M%d", n)
		if len(found[m]) == 0 {
			t.Errorf("%s: no test is named Test%s_…", m, m)
		}
		t.Logf("%s: %d tests", m, len(found[m]))
		delete(found, m)
	}
	for m, paths := range found {
		t.Errorf("%s is no invariant: %s", m, paths)
	}
}
