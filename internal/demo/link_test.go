package demo

import (
	"errors"
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"
)

func TestALinkThatIsDownGivesNothingAndTellsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink()
		near, far := net.Pipe()
		c := l.Wrap(near)
		defer c.Close()
		go func() { _, _ = far.Write([]byte("before")) }()
		b := make([]byte, 16)
		if n, err := c.Read(b); string(b[:n]) != "before" || err != nil {
			t.Fatalf("read %q, %v; want what was sent", b[:n], err)
		}
		l.Down()
		l.Down() // it is down already
		begun := time.Now()
		go func() { _, _ = far.Write([]byte("meanwhile")) }()
		time.AfterFunc(time.Second, l.Up)
		n, err := c.Read(b)
		if n != 0 || !errors.Is(err, errLinkLost) || time.Since(begun) != time.Second {
			t.Errorf("read %d bytes, %v after %v; want nothing and the loss when it is back", n, err, time.Since(begun))
		}
		if _, err := far.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("the other side can write: %v", err)
		}
	})
}

func TestWhatIsOpenedWhileTheLinkIsDownIsGoneWhenItIsBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink()
		l.Down()
		near, far := net.Pipe()
		c := l.Wrap(near)
		go func() { _, _ = io.Copy(io.Discard, far) }()
		time.AfterFunc(time.Second, l.Up)
		if _, err := c.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("a connection that was made in the dark: %v, want it gone", err)
		}
		_ = c.Close()
	})
}

func TestClosingEndsTheWaitForTheLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLink()
		near, _ := net.Pipe()
		c := l.Wrap(near)
		l.Down()
		time.AfterFunc(time.Second, func() { _ = c.Close() })
		if _, err := c.Write([]byte("x")); !errors.Is(err, net.ErrClosed) {
			t.Errorf("write: %v", err)
		}
		synctest.Wait()
		l.mu.Lock()
		defer l.mu.Unlock()
		if len(l.conns) != 0 {
			t.Errorf("%d connections are kept", len(l.conns))
		}
	})
}
