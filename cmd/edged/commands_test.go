package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"edged/internal/admin"
	"edged/internal/admin/admintest"
)

var rewrite = flag.Bool("rewrite", false, "rewrite the golden files")

// serve runs a real API server on a socket of its own until the test ends.
func serve(t *testing.T, b admin.Backend) (socket string) {
	t.Helper()
	socket = filepath.Join(t.TempDir(), "edged.sock")
	l, err := admin.Listen(socket)
	if err != nil {
		t.Fatal(err)
	}
	s, err := admin.New(admin.Options{Path: socket, Backend: b})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx, l) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-ended:
			if err != nil {
				t.Errorf("server ended: %v", err)
			}
		case <-time.After(10 * time.Second):
			t.Error("server does not stop")
		}
	})
	return socket
}

// typed runs one command line.
func typed(args ...string) (stdout, stderr string, code int) {
	var out, errs bytes.Buffer
	code = execute(context.Background(), args, &out, &errs)
	return out.String(), errs.String(), code
}

// golden compares with testdata/name; -rewrite writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *rewrite {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run the test with -rewrite and read the diff. Got:\n%s", name, got)
	}
}

func TestWhatTheCommandsPrint(t *testing.T) {
	bad, good, empty := admintest.Sample(), admintest.GoodDay(), &admintest.Backend{}
	for _, c := range []struct {
		file    string
		backend *admintest.Backend
		code    int
		args    []string
	}{
		{"status-bad-day.txt", bad, exitProblem, []string{"status"}},
		{"status-good-day.txt", good, exitOK, []string{"status"}},
		{"status-good-day.json", good, exitOK, []string{"status", "--json"}},
		{"order-ls.txt", bad, exitOK, []string{"order", "ls"}},
		{"order-ls-none.txt", empty, exitOK, []string{"order", "ls"}},
		{"order-ls.json", bad, exitOK, []string{"order", "ls", "--json", "--all", "--limit", "100000"}},
		{"order-show-paid.txt", bad, exitOK, []string{"order", "show", admintest.PaidOrder}},
		{"order-show-unpaid.txt", bad, exitOK, []string{"order", "show", admintest.UnpaidOrder}},
		{"order-show-open.txt", bad, exitOK, []string{"order", "show", admintest.OpenOrder}},
		{"order-show-receipt.txt", bad, exitOK, []string{"order", "show", admintest.PaidOrder, "--receipt"}},
		{"order-show-no-receipt.txt", bad, exitOK, []string{"order", "show", admintest.OpenOrder, "--receipt"}},
		{"order-show-open.json", bad, exitOK, []string{"order", "show", admintest.OpenOrder, "--json"}},
		{"queue-ls.txt", bad, exitOK, []string{"queue", "ls"}},
		{"queue-ls-none.txt", empty, exitOK, []string{"queue", "ls"}},
		{"queue-ls.json", bad, exitOK, []string{"queue", "ls", "--json", "--limit", "1"}},
		{"queue-show.txt", bad, exitOK, []string{"queue", "show", "17"}},
		{"queue-retry.txt", bad, exitOK, []string{"queue", "retry", "17"}},
		{"queue-drop.txt", bad, exitOK, []string{"queue", "drop", "17", "--order", admintest.UnpaidOrder, "--reason", "by phone"}},
		{"ports-trace.txt", bad, exitOK, []string{"ports", "trace"}},
		{"ports-trace-none.txt", empty, exitOK, []string{"ports", "trace"}},
		{"ports-trace.json", bad, exitOK, []string{"ports", "trace", "--json"}},
		{"ports-trace-front.jsonl", bad, exitOK, []string{"ports", "trace", "front"}},
		{"task-ls.txt", bad, exitOK, []string{"task", "ls"}},
		{"task-ls-none.txt", empty, exitOK, []string{"task", "ls"}},
		{"task-show.txt", bad, exitOK, []string{"task", "show", taskN(bad)}},
		{"task-show.json", bad, exitOK, []string{"task", "show", taskN(bad), "--json"}},
		{"task-done.txt", bad, exitOK, []string{"task", "done", taskN(bad), "--outcome", "written_off", "--note", "ticket 4711"}},
		{"order-refund-done.txt", bad, exitOK, []string{"order", "refund-done", admintest.PaidOrder, "RF-1", "--amount", "2.50", "--note", "cash"}},
		{"order-refund-failed.json", bad, exitOK, []string{"order", "refund-failed", admintest.PaidOrder, "RF-1", "--note", "customer unknown", "--json"}},
		{"order-resume.txt", bad, exitOK, []string{"order", "resume", admintest.OpenOrder}},
		{"terminal-status.txt", bad, exitProblem, []string{"terminal", "status"}},
		{"terminal-status-good-day.txt", good, exitOK, []string{"terminal", "status", "front"}},
		{"terminal-status.json", bad, exitProblem, []string{"terminal", "status", "side", "--json"}},
		{"terminal-end-of-day.txt", bad, exitOK, []string{"terminal", "end-of-day", "front"}},
		{"ledger.txt", bad, exitOK, []string{"ledger"}},
		{"ledger-none.txt", empty, exitOK, []string{"ledger"}},
		{"ledger-day.txt", bad, exitOK, []string{"ledger", "--day", "2026-11-24"}},
		{"ledger-day-none.txt", empty, exitOK, []string{"ledger", "--day", "2026-11-24"}},
		{"ledger.json", bad, exitOK, []string{"ledger", "--limit", "1", "--json"}},
		{"audit.txt", bad, exitOK, []string{"audit"}},
		{"audit-none.txt", empty, exitOK, []string{"audit"}},
		{"audit.json", bad, exitOK, []string{"audit", "--limit", "1", "--json"}},
		{"lane-ls.txt", bad, exitOK, []string{"lane", "ls"}},
		{"lane-out.txt", bad, exitOK, []string{"lane", "out", "front", "--why", "glass broken"}},
		{"lane-in.json", bad, exitOK, []string{"lane", "in", "front", "--json"}},
	} {
		t.Run(c.file, func(t *testing.T) {
			stdout, stderr, code := typed(append(c.args, "--socket", serve(t, c.backend))...)
			if code != c.code || stderr != "" {
				t.Errorf("exit code %d, want %d; stderr %q", code, c.code, stderr)
			}
			golden(t, c.file, stdout)
		})
	}
}

func taskN(b *admintest.Backend) string { return strconv.FormatInt(b.TasksAre[0].N, 10) }

func TestHelp(t *testing.T) {
	for _, args := range [][]string{
		{},
		{"status"},
		{"order"},
		{"order", "ls"},
		{"queue"},
		{"queue", "drop"},
		{"queue", "retry"},
		{"task"},
		{"task", "done"},
		{"order", "refund-done"},
		{"order", "resume"},
		{"terminal", "status"},
		{"terminal", "end-of-day"},
		{"ports"},
		{"ports", "trace"},
		{"ledger"},
		{"audit"},
		{"lane"},
		{"lane", "out"},
		{"version"},
		{"sim"},
		{"sim", "saas"},
		{"sim", "terminal"},
		{"sim", "display"},
		{"check"},
		{"doctor"},
		{"bundle"},
		{"owed"},
		{"run"},
		{"demo"},
	} {
		name := strings.Join(append([]string{"help"}, args...), "-") + ".txt"
		t.Run(name, func(t *testing.T) {
			stdout, stderr, code := typed(append(args, "--help")...)
			if code != exitOK || stderr != "" {
				t.Errorf("exit code %d, stderr %q", code, stderr)
			}
			for i, line := range strings.Split(stdout, "\n") {
				if len([]rune(line)) > 110 {
					t.Errorf("line %d is longer than 110 characters: %q", i+1, line)
				}
			}
			if len(args) > 0 { // the list of commands grows
				golden(t, name, stdout)
			}
		})
	}
	bare, _, code := typed()
	if help, _, _ := typed("--help"); bare != help || code != exitOK {
		t.Errorf("edged without a command prints %q, exit code %d", bare, code)
	}
}

func TestWrongUsageIsExitCodeTwoAndSaysWhereHelpIs(t *testing.T) {
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"an unknown command", []string{"sell"}, `edged has no command "sell"`},
		{"a misspelled command", []string{"staus"}, "did you mean status?"},
		{"an unknown command below one", []string{"order", "lss"}, "did you mean ls?"},
		{"half a command", []string{"queue"}, "needs a command: drop, ls, retry, show"},
		{"an unknown flag", []string{"status", "--jason"}, "unknown flag: --jason"},
		{"a flag that is no number", []string{"order", "ls", "--limit", "few"}, `invalid argument "few"`},
		{"an argument too many", []string{"status", "now"}, `unknown command "now"`},
		{"an argument too few", []string{"order", "show"}, "accepts 1 arg(s), received 0"},
		{"no number of an entry", []string{"queue", "show", "x"}, `"x" is no number`},
		{"a drop without a reason", []string{"queue", "drop", "17", "--order", "x"}, "--reason"},
		{"a task without an outcome", []string{"task", "done", "3", "--note", "x"}, "--outcome"},
		{"a refund without a note", []string{"order", "refund-done", "X", "R"}, "--note"},
		{"a refund of nothing", []string{"order", "refund-failed", "X"}, "accepts 2 arg(s), received 1"},
		{"an end of day of no lane", []string{"terminal", "end-of-day"}, "accepts 1 arg(s), received 0"},
		{"out without a reason", []string{"lane", "out", "front"}, "--why"},
		{"a completion for no shell", []string{"completion", "dos"}, `has no command "dos"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := typed(c.args...)
			if code != exitUsage || stdout != "" || !strings.Contains(stderr, c.want) || !strings.Contains(stderr, `--help"`) {
				t.Errorf("exit code %d, stdout %q, stderr %q; want 2 and %q", code, stdout, stderr, c.want)
			}
		})
	}
}

func TestARequestTheDaemonRefusesAsWrongIsWrongUsage(t *testing.T) {
	_, stderr, code := typed("order", "ls", "--limit", "0", "--socket", serve(t, admintest.Sample()))
	if code != exitUsage || !strings.Contains(stderr, "limit") {
		t.Errorf("exit code %d, stderr %q", code, stderr)
	}
}

func TestAProblemIsExitCodeOneAndSaysWhat(t *testing.T) {
	failing := admintest.Sample()
	failing.Err = errors.New("disk is gone")
	none := filepath.Join(t.TempDir(), "none")
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"edged does not run", []string{"status", "--socket", none}, "edged: edged is not running (no socket at " + none + ") [EDG-RUN-001]\n"},
		{"the daemon fails", []string{"task", "ls", "--socket", serve(t, failing)}, "edged: disk is gone\n"},
		{"an unknown order", []string{"order", "show", "X", "--socket", serve(t, admintest.Sample())}, "edged: order X: not found\n"},
		{"an unknown task", []string{"task", "show", "9999", "--socket", serve(t, admintest.Sample())}, "edged: task 9999 is not open (see edged task ls)\n"},
		{"a terminal of no lane", []string{"terminal", "status", "X", "--socket", serve(t, admintest.Sample())}, "edged: lane \"X\": not found (see edged lane ls)\n"},
		{"an unknown refund", []string{"order", "refund-done", admintest.PaidOrder, "R", "--note", "x", "--socket", serve(t, admintest.Sample())}, "edged: not possible: no refund \"R\"\n"},
		{
			"a drop for another order",
			[]string{"queue", "drop", "17", "--order", "X", "--reason", "r", "--socket", serve(t, admintest.Sample())},
			"edged: not possible: entry 17 belongs to order " + admintest.UnpaidOrder + ", not to \"X\"\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			stdout, stderr, code := typed(c.args...)
			if code != exitProblem || stdout != "" || stderr != c.want {
				t.Errorf("exit code %d, stdout %q, stderr %q; want %q", code, stdout, stderr, c.want)
			}
		})
	}
}

func TestAReportIsDroppedInTheCallersName(t *testing.T) {
	b := admintest.Sample()
	_, stderr, code := typed("queue", "drop", "17", "--order", admintest.UnpaidOrder, "--reason", "by phone", "--socket", serve(t, b))
	want := []string{fmt.Sprintf("drop 17 of %s: by phone, by uid %d", admintest.UnpaidOrder, os.Getuid())}
	if got := b.Calls(); code != exitOK || !reflect.DeepEqual(got, want) {
		t.Errorf("exit code %d, stderr %q, done %q, want %q", code, stderr, got, want)
	}
}

func TestVersionNeedsNoDaemon(t *testing.T) {
	stdout, _, code := typed("version")
	if !regexp.MustCompile(`^edged \S+ \(.*go1\..*linux/.*\)\n$`).MatchString(stdout) || code != exitOK {
		t.Errorf("exit code %d, %q", code, stdout)
	}
	if stdout, _, _ := typed("version", "--json"); !strings.Contains(stdout, `"version": "`) {
		t.Errorf("as JSON: %q", stdout)
	}
}

func TestLanesAreCompletedFromTheRunningDaemon(t *testing.T) {
	stdout, _, code := typed("__complete", "lane", "out", "--socket", serve(t, admintest.Sample()), "")
	want := "front\tselling\nside\tnot selling\n:4\n"
	if code != exitOK || stdout != want {
		t.Errorf("exit code %d, offers %q, want %q", code, stdout, want)
	}
	if stdout, _, _ := typed("__complete", "lane", "in", "--socket", "/none", ""); stdout != ":4\n" {
		t.Errorf("without a daemon it offers %q", stdout)
	}
}

func TestCompletionScriptsAreMadeForEveryShell(t *testing.T) {
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if stdout, stderr, code := typed("completion", shell); code != exitOK || !strings.Contains(stdout, "edged") {
			t.Errorf("%s: exit code %d, %q", shell, code, stderr)
		}
	}
}

func TestEveryCommandSaysWhatItIsFor(t *testing.T) {
	for _, cmd := range newRoot().Commands() {
		if cmd.Short == "" || cmd.GroupID == "" {
			t.Errorf("%s: no short text or no group", cmd.CommandPath())
		}
		for _, sub := range cmd.Commands() {
			if sub.Short == "" {
				t.Errorf("%s: no short text", sub.CommandPath())
			}
		}
	}
}
