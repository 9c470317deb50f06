package deptest

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// module writes a small module with every kind of violation and loads it.
func module(t *testing.T, files map[string]string) *Tree {
	t.Helper()
	root := t.TempDir()
	files["go.mod"] = "module example\n\ngo 1.26\n"
	for name, content := range files {
		file := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	tree, err := Load(root)
	if err != nil {
		t.Fatal(err)
	}
	return tree
}

func sample(t *testing.T) *Tree {
	t.Helper()
	return module(t, map[string]string{
		"internal/pure/a.go":       "package pure\n\nimport (\n\t\"fmt\"\n\tclock \"time\"\n\n\t\"example/internal/low\"\n)\n\nvar _ = fmt.Sprint(low.X, clock.Now())\n\nvar f float64\n\nfunc init() {}\n",
		"internal/pure/a_test.go":  "package pure\n\nimport _ \"net\"\n",
		"internal/pure/testdata/x": "not go",
		"internal/low/l.go":        "package low\n\nimport \"os\"\n\nimport \"example/internal/deep\"\n\nvar X = os.Args\nvar Y = deep.Z\n",
		"internal/deep/d.go":       "package deep\n\nimport \"net/http\"\n\nvar Z = http.StatusOK\n",
		"internal/deep/er/e.go":    "package er\n\nimport \"math/rand/v2\"\n\nvar _ = rand.Int()\n",
	})
}

func TestViolationsAreFoundWithTheirWay(t *testing.T) {
	tests := []struct {
		name string
		rule Rule
		want []string
	}{
		{
			"a package imported far below",
			Rule{Room: "internal/pure", Bans: []Ban{{Imports: []string{"net/..."}, Why: "no network"}}},
			[]string{"internal/pure imports net/http (internal/pure → internal/low → internal/deep → net/http): no network"},
		},
		{
			"not one imported below when only the room counts",
			Rule{Room: "internal/pure", Bans: []Ban{{Imports: []string{"os"}, Direct: true, Why: "x"}}},
			nil,
		},
		{
			"not one imported by a test",
			Rule{Room: "internal/pure", Bans: []Ban{{Imports: []string{"net"}, Why: "x"}}},
			nil,
		},
		{
			"a room that is not on the list",
			Rule{Room: "internal/pure", Only: []string{"internal/low"}, OnlyWhy: "one floor"},
			[]string{"internal/pure reaches internal/deep (internal/pure → internal/low → internal/deep): one floor"},
		},
		{
			"a name under an alias",
			Rule{Room: "internal/pure", Bans: []Ban{{Uses: []string{"time.Now"}, Why: "no clock"}}},
			[]string{"internal/pure/a.go:10: uses time.Now: no clock"},
		},
		{
			"a float",
			Rule{Room: "internal/pure", Bans: []Ban{{Floats: true, Why: "not exact"}}},
			[]string{"internal/pure/a.go:12: uses a float type: not exact"},
		},
		{
			"an init function",
			Rule{Room: "internal/pure", Bans: []Ban{{Inits: true, Why: "never"}}},
			[]string{"internal/pure/a.go:14: has an init function: never"},
		},
		{
			"every room of a pattern",
			Rule{Room: "internal/deep/...", Bans: []Ban{{Imports: []string{"math/rand/...", "net/http"}, Why: "x"}}},
			[]string{"internal/deep imports net/http (internal/deep → net/http): x", "internal/deep/er imports math/rand/v2 (internal/deep/er → math/rand/v2): x"},
		},
		{
			"a name of a package with a version in its path",
			Rule{Room: "internal/deep/er", Bans: []Ban{{Uses: []string{"math/rand/v2.Int"}, Why: "x"}}},
			[]string{"internal/deep/er/e.go:5: uses math/rand/v2.Int: x"},
		},
	}
	tree := sample(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tree.Check(tt.rule); !slices.Equal(got, tt.want) {
				t.Errorf("violations:\n%s\nwant:\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
		})
	}
}

func TestPatterns(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"net", "net", true},
		{"net", "net/http", false},
		{"net/...", "net", true},
		{"net/...", "net/http/httptest", true},
		{"net/...", "network", false},
		{"./...", "internal/money", true},
	} {
		if got := matches(tt.pattern, tt.name); got != tt.want {
			t.Errorf("matches(%q, %q) = %t", tt.pattern, tt.name, got)
		}
	}
}

func TestAFileThatIsNoGoIsAnError(t *testing.T) {
	root := t.TempDir()
	for name, content := range map[string]string{"go.mod": "module example\n", "x.go": "package"} {
		if err := os.WriteFile(filepath.Join(root, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Load(root); err == nil {
		t.Error("Load = nil")
	}
}
