package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goodConfig is a file without a mistake; DIR stands for its directory.
const goodConfig = `gateway: gw-1
site: lobby
state_dir: DIR/state
saas: {app_id: P1}
callbacks: {public_url: "https://cb.example.com/e", listen: "127.0.0.1:8443"}
lanes:
  - name: front
    doors: [{machine_id: "1", door: 1}]
    terminal: {driver: zvt, port: tcp://127.0.0.1:20007, capture: book_total}
`

// tenMistakes has ten of them.
const tenMistakes = `gateway: GW_0017
site: "lobby 3"
state_dir: relative/dir
saas:
  app_id: P1
  timeuot: 5s
callbacks: {public_url: "http://cb.example.com/?x=1", listen: nonsense}
lanes:
  - name: front
    doors: [{machine_id: "1", door: 0}]
    terminal: {driver: zvtt, port: /dev/ttyS0, capture: book_total}
queue: {reserve_bytes: 8XB, retry_base: 1}
`

// siteDir is a directory with the secrets and one configuration.
func siteDir(t *testing.T, conf string) (dir, file string) {
	t.Helper()
	dir = t.TempDir()
	t.Setenv("CREDENTIALS_DIRECTORY", dir)
	file = filepath.Join(dir, "edged.yaml")
	for name, text := range map[string]string{
		"saas-key": "k", "saas-secret": "s", "callback-key": strings.Repeat("ab", 32), "edged.yaml": strings.ReplaceAll(conf, "DIR", dir),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir, file
}

// TestWhatCheckSaysOfAFile: where, what, got, wanted, for each mistake, in the order
// of the file.
func TestWhatCheckSaysOfAFile(t *testing.T) {
	for _, c := range []struct {
		golden, conf string
		args         []string
		spoil        func(t *testing.T, dir string)
		code         int
	}{
		{golden: "check-good.txt", conf: goodConfig, code: exitOK},
		{golden: "check-good.json", conf: goodConfig, args: []string{"--json"}, code: exitOK},
		{golden: "check-ten-mistakes.txt", conf: tenMistakes, code: exitProblem},
		{golden: "check-ten-mistakes.json", conf: tenMistakes, args: []string{"--json"}, code: exitProblem},
		{golden: "check-not-plugged-in.txt", conf: strings.Replace(goodConfig, "tcp://127.0.0.1:20007", "/dev/serial/by-id/none", 1), code: exitOK},
		{golden: "check-no-port.txt", conf: strings.Replace(goodConfig, "tcp://127.0.0.1:20007", "DIR/saas-key", 1), code: exitProblem},
		{golden: "check-not-yaml.txt", conf: "gateway: [\n", code: exitProblem},
		{golden: "check-html.txt", conf: "<html><body>404</body></html>\n", code: exitProblem},
		{golden: "check-bytes.txt", conf: "\x7fELF\x02\x01\x01\x00\x00\xff\xfe", code: exitProblem},
		{golden: "check-empty.txt", conf: "", code: exitProblem},
		{golden: "check-no-file.txt", code: exitProblem, spoil: func(t *testing.T, dir string) {
			if err := os.Remove(filepath.Join(dir, "edged.yaml")); err != nil {
				t.Fatal(err)
			}
		}},
		{golden: "check-open-secret.txt", conf: goodConfig, code: exitProblem, spoil: func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, "saas-secret"), 0o644); err != nil {
				t.Fatal(err)
			}
		}},
		{golden: "check-bad-secrets.txt", conf: goodConfig, code: exitProblem, spoil: func(t *testing.T, dir string) {
			for name, text := range map[string]string{"saas-key": "\n", "callback-key": "too short\n"} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}},
		{golden: "check-damaged-store.txt", conf: goodConfig, code: exitProblem, spoil: func(t *testing.T, dir string) {
			state := filepath.Join(dir, "state")
			if err := os.Mkdir(state, 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(state, "edged.db"), []byte(strings.Repeat("<html>", 2000)), 0o600); err != nil {
				t.Fatal(err)
			}
		}},
	} {
		t.Run(c.golden, func(t *testing.T) {
			dir, file := siteDir(t, c.conf)
			if c.spoil != nil {
				c.spoil(t, dir)
			}
			stdout, stderr, code := typed(append([]string{"check", "--config", file}, c.args...)...)
			if code != c.code || stderr != "" {
				t.Errorf("exit code %d, want %d; stderr %q", code, c.code, stderr)
			}
			golden(t, c.golden, strings.ReplaceAll(stdout, dir, "DIR"))
		})
	}
}

func TestCheckNamesAllTenMistakes(t *testing.T) {
	_, file := siteDir(t, tenMistakes)
	stdout, _, _ := typed("check", "--config", file, "--json")
	var r checkReport
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || len(r.Problems) != 10 || r.OK {
		t.Errorf("%d problems, %v, want 10:\n%s", len(r.Problems), err, stdout)
	}
}

// The daemon says the same, and where to hear it again.
func TestRunWithABadFileSaysWhatCheckSays(t *testing.T) {
	dir, file := siteDir(t, tenMistakes)
	checked, _, _ := typed("check", "--config", file)
	stdout, stderr, code := typed("run", "--config", file)
	if code != exitProblem || stdout != "" {
		t.Errorf("exit code %d, stdout %q", code, stdout)
	}
	for line := range strings.Lines(checked) {
		if strings.HasPrefix(line, file) && !strings.Contains(stderr, line) {
			t.Errorf("run does not say %s", line)
		}
	}
	golden(t, "run-ten-mistakes.txt", strings.ReplaceAll(stderr, dir, "DIR"))
}

// What stops the daemon is one line that names the place.
func TestRunSaysWhyItCannotStart(t *testing.T) {
	dir, file := siteDir(t, goodConfig)
	if err := os.WriteFile(filepath.Join(dir, "state"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, stderr, code := typed("run", "--config", file)
	if want := "edged: open store in " + filepath.Join(dir, "state") + ": "; code != exitProblem || !strings.Contains(stderr, want) || strings.Contains(stderr, "panic") {
		t.Errorf("exit code %d, %q, want %q", code, stderr, want)
	}
	t.Logf("%s", stderr)
}
