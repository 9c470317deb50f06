package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/admin/admintest"
	"edged/internal/testutil"
)

// unpacked reads an archive: contents by name, without the directory.
func unpacked(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return testutil.Unpack(t, f)
}

func TestABundleHoldsWhatTheDaemonTells(t *testing.T) {
	file := doctorSite(t, "{driver: zvt, port: /dev/null, capture: book_total}")
	out := filepath.Join(t.TempDir(), "b.tar.gz")
	stdout, stderr, code := typed("bundle", "--config", file, "--out", out, "--socket", serve(t, admintest.Sample()))
	if code != exitOK || stderr != "" || !strings.Contains(stdout, out+": ") {
		t.Fatalf("exit code %d, stderr %q, stdout %q", code, stderr, stdout)
	}
	files := unpacked(t, out)
	for _, name := range []string{"MANIFEST.txt", "version.json", "edged.yaml", "check.txt", "status.json", "orders.json", "queue.json", "tasks.json", "ledger.json", "audit.json", "doctor.json", "ports.json", "system.txt"} {
		text, ok := files[name]
		if !ok || (text == "" && name != "check.txt") {
			t.Errorf("%s is missing or empty; there are %d files", name, len(files))
		}
		if strings.HasSuffix(name, ".json") && !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON: %.200s", name, text)
		}
	}
	if !strings.Contains(files["orders.json"], `"journal"`) {
		t.Errorf("the orders are without their journals: %.300s", files["orders.json"])
	}
	if _, _, code := typed("bundle", "--config", file, "--out", out); code != exitProblem {
		t.Errorf("exit code %d for a file that is there, want %d", code, exitProblem)
	}
}

// Nobody asks for support while everything runs.
func TestABundleCanBeHadWhileEdgedDoesNotRun(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	stdout, _, code := typed("bundle", "--json", "--config", filepath.Join(dir, "none.yaml"), "--socket", filepath.Join(dir, "none.sock"))
	var a bundleAnswer
	if err := json.Unmarshal([]byte(stdout), &a); err != nil || code != exitOK {
		t.Fatalf("exit code %d, %v in %s", code, err, stdout)
	}
	files := unpacked(t, a.File)
	if !strings.HasPrefix(a.File, "edged-bundle-unknown-") || files["system.txt"] == "" || files["version.json"] == "" {
		t.Errorf("%s has %d files", a.File, len(files))
	}
	for _, want := range []string{"status.json", "not there: edged is not running", "edged.yaml"} {
		if !strings.Contains(files["MANIFEST.txt"], want) {
			t.Errorf("the manifest does not say %q:\n%s", want, files["MANIFEST.txt"])
		}
	}
}

// M8: what is told to a bundle and must not leave does not.
func TestM8_ABundleHoldsNoSecretOfItsGateway(t *testing.T) {
	file := doctorSite(t, "{driver: zvt, port: /dev/null, capture: book_total}")
	if err := os.WriteFile(filepath.Join(filepath.Dir(file), "saas-secret"), []byte("a-secret-of-the-account"), 0o600); err != nil {
		t.Fatal(err)
	}
	b := admintest.Sample()
	b.StatusIs.Problems = append(b.StatusIs.Problems, "log in with a-secret-of-the-account, card 4111111111111111")
	out := filepath.Join(t.TempDir(), "b.tar.gz")
	if _, stderr, code := typed("bundle", "--config", file, "--out", out, "--socket", serve(t, b)); code != exitOK {
		t.Fatalf("exit code %d, stderr %q", code, stderr)
	}
	for name, text := range unpacked(t, out) {
		for _, bad := range []string{"a-secret-of-the-account", "4111111111111111", strings.Repeat("ab", 32)} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q", name, bad)
			}
		}
	}
}
