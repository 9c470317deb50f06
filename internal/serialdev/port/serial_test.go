package port

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// patience is how long a test waits for what must happen. It is never reached unless
// the test fails.
const patience = 10 * time.Second

// plug makes a pseudo-terminal: the device's end, and the path of ours. Closing the
// device's end is pulling the plug.
func plug(t *testing.T) (device *os.File, path string) {
	t.Helper()
	device, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = device.Close() })
	if err := tty.Close(); err != nil {
		t.Fatal(err)
	}
	if err := device.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return device, tty.Name()
}

// attach opens a line on a pseudo-terminal.
func attach(t *testing.T) (device *os.File, line Line) {
	t.Helper()
	device, path := plug(t)
	return device, open(t, path)
}

func open(t *testing.T, path string) Line {
	t.Helper()
	line, err := Open(t.Context(), Settings{Path: path, Baud: 9600, StopBits: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	deadlines(t, line, patience)
	return line
}

func deadlines(t *testing.T, line Line, d time.Duration) {
	t.Helper()
	if err := errors.Join(line.SetReadDeadline(time.Now().Add(d)), line.SetWriteDeadline(time.Now().Add(d))); err != nil {
		t.Fatal(err)
	}
}

// outcome is what a blocked call returned.
type outcome struct {
	n   int
	err error
}

// blocked runs call in a goroutine and returns once it is about to be made.
func blocked(call func() (int, error)) <-chan outcome {
	started, done := make(chan struct{}), make(chan outcome, 1)
	go func() {
		close(started)
		n, err := call()
		done <- outcome{n, err}
	}()
	<-started
	return done
}

func wait(t *testing.T, done <-chan outcome) outcome {
	t.Helper()
	select {
	case o := <-done:
		return o
	case <-time.After(patience):
		t.Fatal("the call did not return")
		return outcome{}
	}
}

func wantErr(t *testing.T, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func readOne(line Line) func() (int, error) {
	return func() (int, error) { return line.Read(make([]byte, 1)) }
}

func TestNoSuchNode(t *testing.T) {
	_, err := Open(t.Context(), Settings{Path: filepath.Join(t.TempDir(), "ttyUSB0")})
	wantErr(t, "Open", err, ErrNotFound)
}

func TestNotASerialPort(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{dir, file, "/dev/null"} {
		_, err := Open(t.Context(), Settings{Path: path})
		wantErr(t, path, err, ErrNotATTY)
	}
}

func TestReadOfASilentDeviceEndsAtItsDeadline(t *testing.T) {
	_, line := attach(t)
	deadlines(t, line, 20*time.Millisecond)
	n, err := line.Read(make([]byte, 1))
	wantErr(t, "Read", err, os.ErrDeadlineExceeded)
	if n != 0 || errors.Is(err, ErrUnplugged) {
		t.Errorf("got %d bytes, %v", n, err)
	}
	device, line := attach(t)
	deadlines(t, line, 20*time.Millisecond)
	_, err = line.Read(make([]byte, 1))
	wantErr(t, "Read", err, os.ErrDeadlineExceeded)
	deadlines(t, line, patience)
	if _, err := device.Write([]byte{0x06}); err != nil {
		t.Fatal(err)
	}
	if n, err := line.Read(make([]byte, 1)); n != 1 || err != nil {
		t.Errorf("after the deadline was moved: got %d bytes, %v", n, err)
	}
}

func TestCloseFreesABlockedRead(t *testing.T) {
	_, line := attach(t)
	done := blocked(readOne(line))
	if err := line.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	o := wait(t, done)
	wantErr(t, "Read", o.err, os.ErrClosed)
	if errors.Is(o.err, ErrUnplugged) {
		t.Errorf("our own Close looks like an unplug: %v", o.err)
	}
}

func TestUnplugFreesABlockedRead(t *testing.T) {
	device, line := attach(t)
	done := blocked(readOne(line))
	_ = device.Close()
	o := wait(t, done)
	wantErr(t, "Read", o.err, ErrUnplugged)
	if errors.Is(o.err, os.ErrClosed) {
		t.Errorf("an unplug looks like our own Close: %v", o.err)
	}
}

func TestAfterAnUnplugEveryCallSaysSo(t *testing.T) {
	device, line := attach(t)
	_ = device.Close()
	for range 3 {
		_, err := line.Read(make([]byte, 1))
		wantErr(t, "Read", err, ErrUnplugged)
		_, err = line.Write([]byte{0x06})
		wantErr(t, "Write", err, ErrUnplugged)
	}
	if err := line.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
}

func TestAWriteThatNobodyDrainsEndsAtItsDeadline(t *testing.T) {
	_, line := attach(t)
	deadlines(t, line, 50*time.Millisecond)
	n, err := line.Write(make([]byte, 1<<20))
	wantErr(t, "Write", err, os.ErrDeadlineExceeded)
	if n == 0 || n == 1<<20 {
		t.Errorf("got %d bytes out, want some", n)
	}
}

func TestCloseFreesAWriteThatNobodyDrains(t *testing.T) {
	device, line := attach(t)
	done := blocked(func() (int, error) { return line.Write(make([]byte, 1<<20)) })
	if _, err := device.Read(make([]byte, 1)); err != nil { // the write is under way
		t.Fatal(err)
	}
	begin := time.Now()
	if err := line.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	wantErr(t, "Write", wait(t, done).err, os.ErrClosed)
	if took := time.Since(begin); took > patience/2 {
		t.Errorf("Close took %v", took)
	}
}

func TestAfterCloseEveryCallSaysSo(t *testing.T) {
	_, line := attach(t)
	for range 2 {
		if err := line.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	_, err := line.Read(make([]byte, 1))
	wantErr(t, "Read", err, os.ErrClosed)
	_, err = line.Write([]byte{0x06})
	wantErr(t, "Write", err, os.ErrClosed)
	wantErr(t, "SetReadDeadline", line.SetReadDeadline(time.Now()), os.ErrClosed)
	wantErr(t, "SetWriteDeadline", line.SetWriteDeadline(time.Now()), os.ErrClosed)
}

// Root is not stopped by TIOCEXCL: for it the lock on the node is what counts.
func TestAPortHasOneOwner(t *testing.T) {
	_, path := plug(t)
	line := open(t, path)
	_, err := Open(t.Context(), Settings{Path: path})
	wantErr(t, "second Open", err, ErrBusy)
	if err := line.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, path)
}

func TestAPortIsExclusiveForOtherPrograms(t *testing.T) {
	_, line := attach(t)
	var excl int
	err := onDescriptor(line.(*serialLine).file, func(fd int) (err error) {
		excl, err = unix.IoctlGetInt(fd, unix.TIOCGEXCL)
		return err
	})
	if err != nil || excl != 1 {
		t.Errorf("TIOCGEXCL: got %d, %v", excl, err)
	}
}

func TestARefusedOpenLeavesNothingOpen(t *testing.T) {
	_, path := plug(t)
	open(t, path)
	before := openFiles(t)
	for _, s := range []Settings{{Path: path}, {Path: "/dev/null"}} {
		if _, err := Open(t.Context(), s); err == nil {
			t.Fatalf("Open of %s worked", s.Path)
		}
	}
	if after := openFiles(t); after != before {
		t.Errorf("%d files open, were %d", after, before)
	}
}

func openFiles(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(entries)
}

func TestEveryByteValuePassesBothWays(t *testing.T) {
	device, line := attach(t)
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	got := make([]byte, len(all))
	if _, err := line.Write(all); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(device, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("to the device: got % x, %v", got, err)
	}
	clear(got)
	if _, err := device.Write(all); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(line, got); err != nil || !bytes.Equal(got, all) {
		t.Errorf("from the device: got % x, %v", got, err)
	}
}

func TestModeOfTheLine(t *testing.T) {
	_, path := plug(t)
	line, err := Open(t.Context(), Settings{Path: path, Baud: 115200, StopBits: 2, Parity: ParityEven})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = line.Close() }()
	var mode *unix.Termios
	err = onDescriptor(line.(*serialLine).file, func(fd int) (err error) {
		mode, err = unix.IoctlGetTermios(fd, unix.TCGETS)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// A pty keeps the flags but for parity and character size.
	if mode.Cflag&unix.CSTOPB == 0 || mode.Cflag&unix.CBAUD != unix.B115200 || mode.Cflag&unix.CRTSCTS != 0 {
		t.Errorf("cflag %#x: want two stop bits, 115200, no flow control", mode.Cflag)
	}
	if mode.Iflag&(unix.IXON|unix.IXOFF|unix.ICRNL) != 0 || mode.Lflag&(unix.ICANON|unix.ECHO) != 0 {
		t.Errorf("iflag %#x, lflag %#x: want raw", mode.Iflag, mode.Lflag)
	}
}

func TestBytesFromBeforeOpenAreDropped(t *testing.T) {
	device, tty, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _, _ = device.Close(), tty.Close() }()
	if _, err := device.WriteString("stale\n"); err != nil {
		t.Fatal(err)
	}
	err = onDescriptor(tty, func(fd int) error {
		_, err := unix.Poll([]unix.PollFd{{Fd: int32(fd), Events: unix.POLLIN}}, int(patience.Milliseconds()))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	line := open(t, tty.Name())
	if _, err := device.WriteString("new"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 16)
	n, err := line.Read(got)
	if err != nil || !bytes.HasPrefix([]byte("new"), got[:n]) {
		t.Errorf("got %q, %v", got[:n], err)
	}
}

func TestAPseudoTerminalHasNoModemLines(t *testing.T) {
	_, line := attach(t)
	m, ok := line.(Modem)
	if !ok {
		t.Fatal("a serial line is no Modem")
	}
	_, err := m.Inputs()
	wantErr(t, "Inputs", err, unix.ENOTTY)
	wantErr(t, "SetDTR", m.SetDTR(true), unix.ENOTTY)
	wantErr(t, "SetRTS", m.SetRTS(true), unix.ENOTTY)
	_ = line.Close()
	wantErr(t, "SetDTR after Close", m.SetDTR(true), os.ErrClosed)
}

// For the race detector: every call at once, the plug pulled and the line closed.
func TestCallsFromAllSides(t *testing.T) {
	for range 20 {
		device, line := attach(t)
		var wg sync.WaitGroup
		for _, call := range []func(){
			func() { _, _ = line.Read(make([]byte, 8)) },
			func() { _, _ = line.Write(make([]byte, 1<<16)) },
			func() { _ = line.SetReadDeadline(time.Now().Add(patience)) },
			func() { _ = device.Close() },
			func() { _ = line.Close() },
			func() { _ = line.Close() },
		} {
			wg.Go(call)
		}
		wg.Wait()
		_, err := line.Read(make([]byte, 1))
		wantErr(t, "Read", err, os.ErrClosed)
	}
}
