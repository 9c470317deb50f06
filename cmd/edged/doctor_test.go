package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/admin/admintest"
)

// doctorSite is a directory with a configuration whose SaaS is not there.
func doctorSite(t *testing.T, lane string) string {
	t.Helper()
	dir := t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	for name, content := range map[string]string{
		"saas-key": "k", "saas-secret": "s", "callback-key": strings.Repeat("ab", 32),
		"edged.yaml": "gateway: gw-1\nstate_dir: " + dir + "\nadmin_socket: " + filepath.Join(dir, "none.sock") + `
saas: {app_id: P1, base_url: "http://127.0.0.1:1"}
callbacks: {public_url: "https://cb.example.com/e", listen: "127.0.0.1:8443"}
console: {listen: ""}
lanes:
  - name: front
    doors: [{machine_id: "1", door: 1}]
    terminal: ` + lane + "\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "edged.yaml")
}

func TestTheDoctorSaysWhatItFindsAsItGoes(t *testing.T) {
	file := doctorSite(t, "{driver: zvt, port: /dev/ttyNOWHERE, capture: book_total}")
	stdout, stderr, code := typed("doctor", "--config", file)
	if code != exitProblem || stderr != "" {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
	for _, want := range []string{
		"ok config   " + file + " is valid, lanes: 1",
		"!  daemon   edged is not running (no socket at " + filepath.Join(filepath.Dir(file), "none.sock") + ") [EDG-RUN-001]",
		"!! devices  lane front: terminal: /dev/ttyNOWHERE is not there [EDG-PORT-002]\n            why:  ",
		"!! network  no connection to port 1: ",
		"            next: ",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is not said in\n%s", want, stdout)
		}
	}
}

func TestTheDoctorAsksTheDaemonThatRuns(t *testing.T) {
	stdout, _, code := typed("doctor", "--json", "--config", doctorSite(t, "{driver: zvt, port: /dev/null, capture: book_total}"), "--socket", serve(t, admintest.Sample()))
	var r doctorReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil {
		t.Fatalf("%v in %s", err, stdout)
	}
	said := ""
	for _, f := range r.Findings {
		said += f.Area + ": " + f.What + "\n"
	}
	if code != exitProblem || r.OK || !strings.Contains(said, "daemon: edged v1.2.3 runs and names problems") {
		t.Errorf("exit code %d, ok %v:\n%s", code, r.OK, said)
	}
}

func TestTheDoctorStopsAtAFileThatIsNotValid(t *testing.T) {
	stdout, _, code := typed("doctor", "--config", doctorSite(t, "{driver: zvtt, port: /dev/null, capture: book_total}"))
	if code != exitProblem || !strings.Contains(stdout, "!! config   ") || !strings.Contains(stdout, ":10: lanes[0].terminal.driver") || strings.Contains(stdout, "network") {
		t.Errorf("exit code %d:\n%s", code, stdout)
	}
}
