package config

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const (
	newKey = "6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e6e"
	oldKey = "0101010101010101010101010101010101010101010101010101010101010101"
)

// credentials makes a credential directory with placeholder secrets, and extra
// files by name.
func credentials(t *testing.T, extra map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	keys := "# the first signs\n" + newKey + "\n\n" + oldKey + "\n"
	files := map[string]string{"saas-key": "key\n", "saas-secret": "secret\n", "callback-key": keys}
	for name, content := range extra {
		files[name] = content
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o400); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	return dir
}

func TestEveryBadFileIsRefusedWithExactlyTheseProblems(t *testing.T) {
	dir := credentials(t, map[string]string{"empty-key": "\n", "two-keys": newKey + "\nshort\n", "not-pem": "x", "mqtt-password": "p", "c.crt": "x", "k.pem": "x"})
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	t.Chdir("testdata/bad")
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(strings.TrimSuffix(name, ".yaml"), func(t *testing.T) {
			c, problems := Check(name)
			if c != nil || len(problems) == 0 {
				t.Fatalf("accepted: %v", problems)
			}
			var got strings.Builder
			for _, p := range problems {
				got.WriteString(strings.ReplaceAll(p.String(), dir, "$CREDENTIALS_DIRECTORY") + "\n")
			}
			golden := strings.TrimSuffix(name, ".yaml") + ".want"
			if *update {
				if err := os.WriteFile(golden, []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if got.String() != string(want) {
				t.Errorf("problems:\n%swant:\n%s", got.String(), want)
			}
		})
	}
}
