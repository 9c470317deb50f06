package main

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/internal/testutil"
)

// awaitText waits until the running command has printed it.
func awaitText(t *testing.T, out *screenOf, text string, times int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); strings.Count(out.String(), text) < times; {
		if time.Now().After(deadline) {
			t.Fatalf("%q was not printed %d times in:\n%s", text, times, out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// freeAddress is one that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func TestSIGHUPReadsTheFileAgain(t *testing.T) {
	conf := strings.Replace(goodConfig, "127.0.0.1:8443", freeAddress(t), 1) +
		"metrics: {listen: \"\"}\nconsole: {listen: \"\"}\nadmin_socket: DIR/edged.sock\nqueue: {reserve_bytes: 1MiB}\nlog: {format: json, level: info}\n" +
		"purchase: {hold_limit: \"50.00\"}\n"
	dir, file := siteDir(t, conf)
	edit := func(old, to string) {
		t.Helper()
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(strings.Replace(string(text), old, to, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := syscall.Kill(os.Getpid(), syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	var out screenOf
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan int, 1)
	go func() { done <- execute(ctx, []string{"run", "--config", file}, &out, &out) }()
	awaitText(t, &out, "edged is ready", 1)

	edit("50.00", "40.00")
	awaitText(t, &out, `"msg":"configuration reloaded","path":"`+file+`","applied":"purchase.hold_limit"`, 1)

	edit("site: lobby", "site: LOBBY 1")
	awaitText(t, &out, file+":2: site: ", 1)
	awaitText(t, &out, "configuration is not valid: nothing is changed", 1)
	if kept, err := os.ReadFile(filepath.Join(dir, "state", "config.last-good.yaml")); err != nil || !strings.Contains(string(kept), "40.00") {
		t.Errorf("kept for a broken file: %v\n%s\nwant the one of the first reload", err, kept)
	}

	edit("LOBBY 1", "hall")
	awaitText(t, &out, `"level":"WARN","msg":"keys need a restart; until then their old values go on","path":"`+file+`","keys":"site"`, 1)

	stop()
	if code := testutil.Await(t, done, "the end of the daemon"); code != exitOK {
		t.Errorf("exit code %d", code)
	}
}
