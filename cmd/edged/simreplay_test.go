package main

import (
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

const refusedTrace = `{"trace":"edged-wire","version":1,"edged":"v1","port":"tcp://terminal:20007","kind":"zvt-tcp","begun":"2026-11-24T12:10:38Z"}
{"t":4.1,"at":"2026-11-24T12:10:42.100000Z","form":"opened"}
{"t":4.2,"at":"2026-11-24T12:10:42.200000Z","from":"host","form":"frame","hex":"06 00 06 ee ee ee ba 09 78"}
{"t":4.3,"at":"2026-11-24T12:10:42.300000Z","from":"device","form":"frame","hex":"84 37 00"}
{"t":4.4,"at":"2026-11-24T12:10:42.400000Z","form":"closed"}
`

func fileWith(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace.jsonl")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// replayed plays the trace to a host that sends one message, and hangs up after the answer.
func replayed(t *testing.T, send string) (answer, out string, code int) {
	t.Helper()
	ctx, stop := context.WithTimeout(context.Background(), 20*time.Second)
	defer stop()
	stdout, stderr, ended := &screenOf{}, &screenOf{}, make(chan int, 1)
	args := []string{"sim", "terminal", "--listen", "127.0.0.1:0", "--speed", "0", "--replay", fileWith(t, refusedTrace)}
	go func() { ended <- execute(ctx, args, stdout, stderr) }()
	_, rest, _ := strings.Cut(stdout.awaitText(t, "begun"), "answers at ")
	addr, _, _ := strings.Cut(rest, "\n")
	conn, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	if _, err := conn.Write([]byte(send)); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 3)
	n, _ := io.ReadFull(conn, got)
	conn.Close()
	code = <-ended
	return string(got[:n]), stdout.String() + stderr.String(), code
}

func TestATraceIsPlayedToAHost(t *testing.T) {
	answer, out, code := replayed(t, "\x06\x00\x06\x12\x34\x56\xba\x09\x78")
	if answer != "\x84\x37\x00" || code != exitOK || !strings.Contains(out, "4 of 4 records played\nno difference") {
		t.Errorf("got %x, exit code %d, %s", answer, code, out)
	}
	answer, out, code = replayed(t, "\x06\x00\x06\x12\x34\x56\xba\x08\x26")
	if answer != "" || code != exitProblem || !strings.Contains(out, "at record 2 (line 3)") {
		t.Errorf("another currency: got %x, exit code %d, %s", answer, code, out)
	}
}

func TestTracesThatCannotBePlayed(t *testing.T) {
	good := fileWith(t, refusedTrace)
	for _, tt := range []struct {
		name, want string
		code       int
		args       []string
	}{
		{"no file", "no such file", exitProblem, []string{"terminal", "--pty", "x", "--replay", good + "x"}},
		{"the other transport", "of kind zvt-tcp; here it has to be zvt-serial", exitProblem, []string{"terminal", "--pty", "x", "--replay", good}},
		{"a mistake", `:2: form: "opned" is none`, exitProblem, []string{"terminal", "--pty", "x", "--replay", fileWith(t, strings.Replace(refusedTrace, "opened", "opned", 1))}},
		{"a terminal's as a display's", "here it has to be display", exitProblem, []string{"display", "--replay", good}},
		{"back in time", "--speed is less than 0", exitProblem, []string{"terminal", "--listen", "x", "--replay", good, "--speed", "-1"}},
		{"with a script", "[replay script]", exitUsage, []string{"terminal", "--pty", "x", "--replay", good, "--script", "y"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, errs, code := typed(append([]string{"sim"}, tt.args...)...)
			if code != tt.code || !strings.Contains(errs, tt.want) {
				t.Errorf("got %q, exit code %d", errs, code)
			}
		})
	}
}

func TestTheScreensOfATraceArePrinted(t *testing.T) {
	file := fileWith(t, `{"trace":"edged-wire","version":1,"edged":"v1","port":"/dev/x","kind":"display","begun":"2026-11-24T12:10:38Z"}
{"t":1,"at":"2026-11-24T12:10:42.100000Z","from":"host","form":"chunk","hex":"1b 40 48 69"}
{"t":9,"at":"2026-11-24T12:10:50.100000Z","from":"host","form":"chunk","hex":"0c 42 79 65"}
`)
	out, errs, code := typed("sim", "display", "--speed", "0", "--replay", file)
	if code != exitOK || errs != "" || !strings.Contains(out, "│Hi  ") || !strings.Contains(out, "│Bye  ") {
		t.Errorf("got %s%s, exit code %d", out, errs, code)
	}
}
