package demo

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"time"
)

// child is the real daemon as a process of its own. It is started again whenever
// it has ended, until Stop.
type child struct {
	exe    string
	args   []string
	log    *os.File
	socket string
	pause  time.Duration // until it is started again

	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{} // closed when cmd has ended
	starts  int
	kills   int
	stopped bool
	failure error // why it ended although nobody killed it
	wg      sync.WaitGroup
}

// The time a service manager would wait (RestartSec). With several lanes a request can
// be under way for longer than the short one.
const (
	restartPause = 50 * time.Millisecond
	soakPause    = 250 * time.Millisecond
)

// newChild starts `exe run --config config`; what it logs goes to dir/edged.log.
func newChild(exe, dir, config, socket string) (*child, error) {
	log, err := os.OpenFile(filepath.Join(dir, "edged.log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("demo: %w", err)
	}
	return &child{exe: exe, args: []string{"run", "--config", config}, log: log, socket: socket, pause: restartPause}, nil
}

// Start starts the process. It returns when the process exists, not when it sells.
func (c *child) Start() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped || c.cmd != nil {
		return nil
	}
	cmd := exec.Command(c.exe, c.args...)
	cmd.Stdout, cmd.Stderr = c.log, c.log
	// A group of its own: Ctrl-C in the terminal is for the demo, which then stops
	// the daemon in order.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start the daemon: %w", err)
	}
	c.cmd, c.exited = cmd, make(chan struct{})
	c.starts++
	c.wg.Add(1)
	go c.wait(cmd, c.exited)
	return nil
}

func (c *child) wait(cmd *exec.Cmd, exited chan struct{}) {
	defer c.wg.Done()
	err := cmd.Wait()
	c.mu.Lock()
	c.cmd = nil
	var exit *exec.ExitError
	killed := errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signaled()
	if !c.stopped && !killed {
		c.failure = fmt.Errorf("the daemon ended by itself: %v", err)
	}
	close(exited)
	c.mu.Unlock()
}

// Kill ends the process at once (SIGKILL) and returns when it is gone; false: it
// was not running.
func (c *child) Kill() bool {
	c.mu.Lock()
	cmd, exited := c.cmd, c.exited
	if cmd != nil {
		c.kills++
	}
	c.mu.Unlock()
	if cmd == nil {
		return false
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return false
	}
	<-exited
	return true
}

// Restart starts the process again after a pause, in the background.
func (c *child) Restart() {
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		time.Sleep(c.pause)
		if err := c.Start(); err != nil {
			c.fail(err)
		}
	}()
}

func (c *child) fail(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.failure == nil {
		c.failure = err
	}
}

// Stop ends the process in order and for good; after a while it is killed.
func (c *child) Stop(patience time.Duration) error {
	c.mu.Lock()
	c.stopped = true
	cmd, exited := c.cmd, c.exited
	c.mu.Unlock()
	if cmd != nil {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended just now
		select {
		case <-exited:
		case <-time.After(patience):
			c.fail(errors.New("the daemon did not stop in time"))
			_ = cmd.Process.Kill()
		}
	}
	c.wg.Wait()
	c.mu.Lock()
	defer c.mu.Unlock()
	return errors.Join(c.failure, c.log.Close())
}

// Counts tells how often it was started and killed, and why it failed, if it did.
func (c *child) Counts() (starts, kills int, failure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.starts, c.kills, c.failure
}

// AwaitSocket waits until the daemon answers on its local socket.
func (c *child) AwaitSocket(ctx context.Context) error {
	for {
		conn, err := (&net.Dialer{}).DialContext(ctx, "unix", c.socket)
		if err == nil {
			return conn.Close()
		}
		if _, _, failure := c.Counts(); failure != nil {
			return failure
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the daemon does not answer: %w", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
