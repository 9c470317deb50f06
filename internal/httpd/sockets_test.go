package httpd

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"
)

// childEnv makes the test binary the activated process: systemd sets LISTEN_PID to
// the pid of the process it starts, which only that process can know here.
const childEnv = "EDGED_HTTPD_ACTIVATED_CHILD"

// activatedChild uses the sockets it was handed and greets one client of each life
// of its listener.
func activatedChild() int {
	os.Setenv("LISTEN_PID", strconv.Itoa(os.Getpid()))
	sockets := Activated()
	fallback := func(string, string) (net.Listener, error) { return nil, errors.New("fallback") }
	if _, err := sockets.Listen("console", fallback)("tcp", ""); err == nil || err.Error() != "fallback" {
		fmt.Println("a name that was not handed over:", err)
		return 1
	}
	for life := range 2 {
		if err := greet(sockets.Listen("callbacks", fallback), life); err != nil {
			fmt.Println(err)
			return 1
		}
	}
	return 0
}

func greet(listen Listen, life int) error {
	l, err := listen("tcp", "ignored")
	if err != nil {
		return err
	}
	defer l.Close()
	c, err := l.Accept()
	if err != nil {
		return err
	}
	defer c.Close()
	_, err = fmt.Fprintf(c, "life %d", life)
	return err
}

func TestASocketOfSystemdIsUsedAndOutlivesARestartOfTheServer(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"=1", "LISTEN_FDS=1", "LISTEN_FDNAMES=callbacks")
	cmd.ExtraFiles = []*os.File{file} // fd 3
	var out strings.Builder
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for life := range 2 {
		if got, want := hear(t, l.Addr().String()), fmt.Sprintf("life %d", life); got != want {
			t.Errorf("heard %q, want %q", got, want)
		}
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("child: %v\n%s", err, out.String())
	}
}

func hear(t *testing.T, address string) string {
	t.Helper()
	c, err := net.DialTimeout("tcp", address, 10*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	b, err := io.ReadAll(c)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestWithoutSystemdTheNextListenIsUsed(t *testing.T) {
	t.Setenv("LISTEN_PID", "")
	want := errors.New("next")
	listen := Activated().Listen("metrics", func(string, string) (net.Listener, error) { return nil, want })
	if _, err := listen("tcp", ""); !errors.Is(err, want) {
		t.Errorf("Listen = %v", err)
	}
}
