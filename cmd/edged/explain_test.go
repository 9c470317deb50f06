package main

import (
	"encoding/json"
	"strings"
	"testing"

	"edged/internal/errcode"
)

func TestExplain(t *testing.T) {
	for _, c := range []struct {
		golden string
		args   []string
	}{
		{"explain.txt", []string{"EDG-ZVT-014"}},
		{"explain-display.txt", []string{"e11"}},
		{"explain.json", []string{"LANE-011", "--json"}},
		{"explain-all.txt", nil},
		{"help-explain.txt", []string{"--help"}},
	} {
		t.Run(c.golden, func(t *testing.T) {
			stdout, stderr, code := typed(append([]string{"explain"}, c.args...)...)
			if code != exitOK || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			golden(t, c.golden, stdout)
		})
	}
}

func TestExplainListsEveryCodeAsJSON(t *testing.T) {
	stdout, _, code := typed("explain", "--json")
	var l codeList
	if err := json.Unmarshal([]byte(stdout), &l); err != nil || code != exitOK || len(l.Codes) != len(errcode.All()) {
		t.Errorf("%d codes, exit code %d, %v", len(l.Codes), code, err)
	}
}

func TestExplainRefusesWhatIsNoCode(t *testing.T) {
	for typedCode, want := range map[string]string{
		"EDG-ZVT-999": `"EDG-ZVT-999" is no code, want one of EDG-ZVT-001 to EDG-ZVT-0`,
		"E10":         `"E10" is no code (edged explain lists all)`,
		"":            `"" is no code`,
		"\x1b[31m":    `"\x1b[31m" is no code`,
	} {
		stdout, stderr, code := typed("explain", typedCode)
		if code != exitUsage || stdout != "" || !strings.Contains(stderr, want) {
			t.Errorf("%q: exit code %d, stderr %q, want %q", typedCode, code, stderr, want)
		}
	}
}

func TestExplainFitsATerminal(t *testing.T) {
	for _, e := range errcode.All() {
		stdout, _, _ := typed("explain", string(e.Code))
		for line := range strings.Lines(stdout) {
			if n := len([]rune(line)); n > 81 {
				t.Errorf("%s: a line of %d letters: %q", e.Code, n, line)
			}
		}
	}
}
