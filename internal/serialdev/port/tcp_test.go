package port

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"
)

// dialPair returns both ends of a TCP connection, ours opened by Open.
func dialPair(t *testing.T) (device net.Conn, line Line) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	line, err = Open(t.Context(), Settings{Path: tcpScheme + ln.Addr().String()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = line.Close() })
	deadlines(t, line, patience)
	if device, err = ln.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = device.Close() })
	return device, line
}

func TestTCPSilenceEndsAtTheDeadline(t *testing.T) {
	_, line := dialPair(t)
	deadlines(t, line, 20*time.Millisecond)
	_, err := line.Read(make([]byte, 1))
	wantErr(t, "Read", err, os.ErrDeadlineExceeded)
	_, err = line.Write(make([]byte, 64<<20))
	wantErr(t, "Write", err, os.ErrDeadlineExceeded)
}

func TestTCPPeerClosesWhileReadBlocks(t *testing.T) {
	device, line := dialPair(t)
	done := blocked(readOne(line))
	_ = device.Close()
	wantErr(t, "Read", wait(t, done).err, ErrUnplugged)
}

func TestTCPPeerResets(t *testing.T) {
	device, line := dialPair(t)
	if err := device.(*net.TCPConn).SetLinger(0); err != nil {
		t.Fatal(err)
	}
	_ = device.Close()
	_, err := line.Read(make([]byte, 1))
	wantErr(t, "Read", err, ErrUnplugged)
	_, err = line.Write([]byte{0x80})
	wantErr(t, "Write", err, ErrUnplugged)
}

func TestTCPCloseFreesABlockedRead(t *testing.T) {
	_, line := dialPair(t)
	done := blocked(readOne(line))
	if err := errors.Join(line.Close(), line.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
	wantErr(t, "Read", wait(t, done).err, os.ErrClosed)
	wantErr(t, "SetReadDeadline", line.SetReadDeadline(time.Now()), os.ErrClosed)
}

func TestTCPCloseDeliversWhatWasWritten(t *testing.T) {
	device, line := dialPair(t)
	if _, err := line.Write([]byte{0x80, 0x00, 0x00}); err != nil {
		t.Fatal(err)
	}
	_ = line.Close()
	_ = device.SetReadDeadline(time.Now().Add(patience))
	got := make([]byte, 8)
	if n, err := device.Read(got); n != 3 || err != nil {
		t.Errorf("got % x, %v", got[:n], err)
	}
}

func TestTCPNobodyListens(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	_, err = Open(t.Context(), Settings{Path: tcpScheme + ln.Addr().String()})
	wantErr(t, "Open", err, ErrUnreachable)
}

func TestTCPDialEndsWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := Open(ctx, Settings{Path: "tcp://127.0.0.1:9"})
	wantErr(t, "Open", err, ErrUnreachable)
}
