package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"edged/internal/admin/admintest"
)

// asProgram makes the test binary the program itself, for tests that need it as
// another user.
const asProgram = "EDGED_TEST_IS_EDGED"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Exit(m.Run())
}

// typedAs runs one command line as another user; only root can.
func typedAs(t *testing.T, uid uint32, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root can be somebody else")
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir() // the binary is where only root may look
	for d := dir; d != filepath.Clean(os.TempDir()) && d != "/"; d = filepath.Dir(d) {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "edged")
	if err := os.Link(exe, program); err != nil {
		t.Skipf("no place for a program that another user may run: %v", err)
	}
	var out, errs bytes.Buffer
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = "/", append(os.Environ(), asProgram+"=1")
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uid, Gid: uid}}
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

// Whoever is not in the group is told which group that is.
func TestAStrangerIsToldWhoMayAsk(t *testing.T) {
	socket := serve(t, admintest.Sample())
	if err := os.Chmod(filepath.Dir(socket), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Dir(filepath.Dir(socket)), 0o755); err != nil {
		t.Fatal(err)
	}
	const nobody = 65534
	stdout, stderr, code := typedAs(t, nobody, "status", "--socket", socket)
	t.Logf("%s", stderr)
	if code != exitProblem || stdout != "" || !strings.Contains(stderr, "permission denied") || !strings.Contains(stderr, socket) || !strings.Contains(stderr, "and group ") {
		t.Errorf("exit code %d, stdout %q, stderr %q; want 1, the socket and the group", code, stdout, stderr)
	}
}
