package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
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
