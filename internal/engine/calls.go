package engine

import "sync"

// calls counts what runs beside the loop and must have ended before Run returns.
// Unlike a WaitGroup it may grow while somebody waits: an answer that comes while
// the engine stops may ask for the next call.
type calls struct {
	mu   sync.Mutex
	n    int
	idle chan struct{} // of those who wait; nil: nobody does
}

// start runs fn in a goroutine.
func (c *calls) start(fn func()) {
	c.mu.Lock()
	c.n++
	c.mu.Unlock()
	go func() {
		defer c.end()
		fn()
	}()
}

func (c *calls) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n--; c.n == 0 && c.idle != nil {
		close(c.idle)
		c.idle = nil
	}
}

// none is closed when nothing runs, seen from now; false: nothing runs now.
func (c *calls) none() (<-chan struct{}, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == 0 {
		return nil, false
	}
	if c.idle == nil {
		c.idle = make(chan struct{})
	}
	return c.idle, true
}
