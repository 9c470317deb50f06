package main

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/queue"
)

// A slip in an operator's own texts is found before a customer reads it.
func TestCheckNamesMistakesInTheTextsOfADisplay(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	for name, content := range map[string]string{
		"saas-key": "k", "saas-secret": "s", "callback-key": strings.Repeat("ab", 32),
		"screens.yaml": "de:\n  idle:\n    - Karte bitte\n    - Willkommen\n",
		"edged.yaml": "gateway: gw-1\nstate_dir: " + dir + `
saas: {app_id: P1}
callbacks: {public_url: "https://cb.example.com/e", listen: "127.0.0.1:8443"}
lanes:
  - name: front
    doors: [{machine_id: "1", door: 1}]
    terminal: {driver: zvt, port: /dev/ttyS0, capture: book_total}
    display: {driver: pole-cd5220, port: /dev/ttyS1, language: de, texts_file: screens.yaml}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	stdout, _, code := typed("check", "--config", filepath.Join(dir, "edged.yaml"))
	want := filepath.Join(dir, "screens.yaml") + ":3: de.idle[0]: page without its value, got none, want {limit} on each page of two rows"
	if code != exitProblem || !strings.Contains(stdout, want) {
		t.Errorf("exit code %d, printed:\n%s\nwant %s", code, stdout, want)
	}
}

// A damaged store is seen by check, which changes nothing, and put in order by --repair.
func TestCheckSeesADamagedStoreAndRepairsItWhenTold(t *testing.T) {
	dir := t.TempDir()
	conf := storeSite(t, dir)
	db := filepath.Join(dir, "edged.db")
	raw, err := os.ReadFile(db)
	if err != nil {
		t.Fatal(err)
	}
	copy(raw[2*1024:3*1024], make([]byte, 1024)) // a page of zeros
	if err := os.WriteFile(db, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		stdout, _, code := typed("check", "--config", conf)
		if now, err := os.ReadFile(db); code != exitProblem || !strings.Contains(stdout, "store in "+dir) || err != nil || string(now) != string(raw) {
			t.Errorf("check: exit code %d, changed %t, %v, printed:\n%s", code, string(now) != string(raw), err, stdout)
		}
	}
	stdout, _, _ := typed("check", "--repair", "--config", conf)
	if !strings.Contains(stdout, "repaired") || !strings.Contains(stdout, db+".bad-1 is kept") {
		t.Errorf("check --repair printed:\n%s\nwant what was done", stdout)
	}
	if v, err := queue.Verify(t.Context(), dir); err != nil || len(v.Problems) > 0 {
		t.Errorf("after the repair: %q, %v", v.Problems, err)
	}
}

// storeSite is a configuration whose state directory holds a store.
func storeSite(t *testing.T, dir string) string {
	t.Helper()
	s, err := queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	err = s.Commit(t.Context(), func(tx *queue.Tx) error { return tx.PutLane("front", make([]byte, 3000)) })
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	for name, content := range map[string]string{
		"saas-key": "k", "saas-secret": "s", "callback-key": strings.Repeat("ab", 32),
		"edged.yaml": "gateway: gw-1\nstate_dir: " + dir + `
saas: {app_id: P1}
callbacks: {public_url: "https://cb.example.com/e", listen: "127.0.0.1:8443"}
lanes:
  - name: front
    doors: [{machine_id: "1", door: 1}]
    terminal: {driver: zvt, port: "tcp://127.0.0.1:20007", capture: book_total}
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "edged.yaml")
}
