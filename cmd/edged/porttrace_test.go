package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/admin/admintest"
)

func TestATraceIsWrittenToAFileThatIsNotThere(t *testing.T) {
	socket := serve(t, admintest.Sample())
	file := filepath.Join(t.TempDir(), "front.jsonl")
	args := []string{"ports", "trace", "front", "terminal", "--out", file, "--socket", socket}
	out, errs, code := typed(args...)
	if want := file + ": 2 records\n"; out != want || code != exitOK {
		t.Errorf("got %q, %q, exit code %d", out, errs, code)
	}
	if got, err := os.ReadFile(file); err != nil || string(got) != admintest.Trace {
		t.Errorf("file %q, %v", got, err)
	}
	for _, tt := range []struct {
		name, want string
		args       []string
	}{
		{"a file that is there", "file exists", args},
		{"a lane that is not", "not found", []string{"ports", "trace", "none", "--socket", socket}},
		{"a device that is not", "trace of front badge", []string{"ports", "trace", "front", "badge", "--out", file + "2", "--socket", socket}},
		{"no daemon", "edged is not running", []string{"ports", "trace", "front", "--socket", file + "3"}},
	} {
		out, errs, code := typed(tt.args...)
		if code != exitProblem || out != "" || !strings.Contains(errs, tt.want) {
			t.Errorf("%s: got %q, %q, exit code %d", tt.name, out, errs, code)
		}
	}
	if _, err := os.Stat(file + "2"); err == nil {
		t.Error("a trace that is not there left a file")
	}
}
