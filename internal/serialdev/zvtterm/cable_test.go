package zvtterm

import (
	"io"
	"net"
	"sync"
	"time"
)

// cable joins driver and terminal and counts the bytes in each direction. It can be
// cut behind any of them: the line ends then, or (mute) stays open and loses
// everything for a while, like a pulled RS-232 plug behind a USB adapter.
type cable struct {
	mu    sync.Mutex
	sent  [2]int // bytes carried, by direction
	cutAt int    // total in cutDir after which it is cut; negative: never
	dir   int
	mute  time.Duration // 0: the line ends
	until time.Time     // muted until
	cuts  int
	flow  chan struct{} // closed while bytes to the terminal may go; nil: always
	// spy, if set, sees every byte that arrives.
	spy func(dir int, b []byte)
}

// The directions of a cable.
const (
	toTerminal = iota
	toDriver
)

func uncut() *cable {
	flow := make(chan struct{})
	close(flow)
	return &cable{cutAt: -1, flow: flow}
}

// hold keeps bytes to the terminal waiting, or lets them go.
func (c *cable) hold(on bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if on {
		c.flow = make(chan struct{})
	} else {
		close(c.flow)
	}
}

func (c *cable) flowing() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.flow
}

// join returns both ends of a new line. The cable's count goes on over lines, and
// it is cut once.
func (c *cable) join(wg *sync.WaitGroup) (driver, terminal net.Conn) {
	driver, near := net.Pipe()
	far, terminal := net.Pipe()
	pull := func() { near.Close(); far.Close() }
	wg.Go(func() { defer pull(); c.carry(toTerminal, far, near) })
	wg.Go(func() { defer pull(); c.carry(toDriver, near, far) })
	return driver, terminal
}

func (c *cable) carry(dir int, to io.Writer, from io.Reader) {
	buf := make([]byte, 512)
	for {
		n, err := from.Read(buf)
		if flow := c.flowing(); dir == toTerminal && flow != nil {
			<-flow
		}
		pass, end := c.pass(dir, buf[:n])
		if len(pass) > 0 {
			if c.spy != nil {
				c.spy(dir, pass)
			}
			if _, err := to.Write(pass); err != nil {
				return
			}
		}
		if err != nil || end {
			return
		}
	}
}

// pass says which of b arrive, and whether the line ends behind them.
func (c *cable) pass(dir int, b []byte) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(c.until) {
		return nil, false
	}
	before := c.sent[dir]
	c.sent[dir] += len(b)
	if c.cuts > 0 || c.cutAt < 0 || dir != c.dir || c.sent[dir] < c.cutAt {
		return b, false
	}
	c.cuts++
	c.until = time.Now().Add(c.mute)
	return b[:c.cutAt-before], c.mute == 0
}

func (c *cable) carried() [2]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.sent
}
