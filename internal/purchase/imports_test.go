package purchase_test

import (
	"go/build"
	"slices"
	"strings"
	"testing"
)

// TestImportsKeepThePackagePure names what these rooms must not import and why.
func TestImportsKeepThePackagePure(t *testing.T) {
	why := map[string]string{
		"os":          "the policy touches no file and no process",
		"net":         "the policy asks nobody: effects do",
		"context":     "nothing here waits",
		"sync":        "a State has one owner, the engine",
		"log/slog":    "what is to be told leaves as an Alarm",
		"math/rand":   "identifiers arrive in events; the same events must yield the same",
		"crypto/rand": "identifiers arrive in events; the same events must yield the same",
	}
	for _, dir := range []string{".", "transcript"} {
		pkg, err := build.ImportDir(dir, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range pkg.Imports {
			for banned, reason := range why {
				if path == banned || strings.HasPrefix(path, banned+"/") {
					t.Errorf("%s imports %s: %s", dir, path, reason)
				}
			}
			allowed := []string{"edged/internal/money", "edged/internal/errcode", "edged/internal/purchase"}
			if strings.HasPrefix(path, "edged/") && !slices.Contains(allowed, path) {
				t.Errorf("%s imports %s: of edged the policy knows money and the names of codes only, transcripts the policy", dir, path)
			}
		}
	}
}
