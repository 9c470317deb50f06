package ptyline

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

const limit = 10 * time.Second

// start serves a device and returns its link and its end.
func start(t *testing.T, o Options, serve func(context.Context, *os.File) error) string {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- Serve(ctx, o, serve) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Serve: %v", err)
		}
		if _, err := os.Lstat(o.Link); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the link is still there: %v", err)
		}
	})
	return o.Link
}

func echo(ctx context.Context, m *os.File) error {
	defer context.AfterFunc(ctx, func() { m.Close() })()
	_, err := io.Copy(m, m)
	return err
}

// useAndClose opens the port, has text echoed and closes it. A port whose device
// is just going away fails once; the next open finds the new one.
func useAndClose(t *testing.T, link, text string) {
	t.Helper()
	for end := time.Now().Add(limit); ; time.Sleep(time.Millisecond) {
		err := tryPort(link, text)
		if err == nil {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("use %s: %v", link, err)
		}
	}
}

func tryPort(link, text string) error {
	f, err := os.OpenFile(link, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if err := f.SetDeadline(time.Now().Add(limit)); err != nil {
		return err
	}
	if _, err := f.WriteString(text); err != nil {
		return err
	}
	got := make([]byte, len(text))
	if _, err := io.ReadFull(f, got); err != nil {
		return err
	}
	if string(got) != text {
		return fmt.Errorf("got %q, want %q", got, text)
	}
	return nil
}

func TestEveryLifeOfThePortGetsANewLine(t *testing.T) {
	ended := make(chan struct{}, 16)
	link := start(t, Options{Link: filepath.Join(t.TempDir(), "dev")}, func(ctx context.Context, m *os.File) error {
		err := echo(ctx, m)
		ended <- struct{}{}
		return err
	})
	for range 5 {
		useAndClose(t, link, "\x10\x02\x03\x11\x13\x04\x7f\x00\r\n")
		select {
		case <-ended:
		case <-time.After(limit):
			t.Fatal("the device did not notice that the port was closed")
		}
	}
}

// A shell's `printf … > port` opens, writes and closes between two looks at the line. As
// in useAndClose, a device that is just going away takes nothing: then it is written again.
func TestWhatIsWrittenInOneMomentArrives(t *testing.T) {
	got := make(chan string, 16)
	link := start(t, Options{Link: filepath.Join(t.TempDir(), "dev")}, func(ctx context.Context, m *os.File) error {
		defer context.AfterFunc(ctx, func() { m.Close() })()
		b, err := io.ReadAll(m)
		got <- string(b)
		return err
	})
	for i := range 5 {
		text, arrived := fmt.Sprintf("moment %d", i), ""
		for end := time.Now().Add(limit); arrived != text && time.Now().Before(end); {
			if err := writeAndClose(link, text); err != nil {
				time.Sleep(time.Millisecond)
				continue
			}
			select {
			case arrived = <-got:
			case <-time.After(limit / 20):
			}
		}
		if arrived != text {
			t.Fatalf("%q does not arrive", text)
		}
	}
}

func writeAndClose(link, text string) error {
	f, err := os.OpenFile(link, os.O_WRONLY|unix.O_NOCTTY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

func TestAnUnpluggedDeviceHasNoLink(t *testing.T) {
	plugged := make(chan struct{}, 1)
	o := Options{Link: filepath.Join(t.TempDir(), "dev")}
	o.Plugged = func(ctx context.Context) error {
		select {
		case <-plugged:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	link := start(t, o, echo)
	if _, err := os.Lstat(link); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a link before the device is there: %v", err)
	}
	plugged <- struct{}{}
	useAndClose(t, link, "hello")
}

func TestAFileInThePlaceOfTheLinkIsKept(t *testing.T) {
	link := filepath.Join(t.TempDir(), "dev")
	if err := os.WriteFile(link, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := Serve(context.Background(), Options{Link: link}, echo); err == nil {
		t.Error("Serve replaced a regular file")
	}
	if b, err := os.ReadFile(link); err != nil || string(b) != "mine" {
		t.Errorf("got %q, %v", b, err)
	}
}
