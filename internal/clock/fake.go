package clock

import (
	"fmt"
	"sync"
	"time"
)

// Fake is a Clock for tests and simulations. Its wall moves apart from its time
// since boot, as the clocks of a real gateway do.
type Fake struct {
	still bool

	mu     sync.Mutex
	boots  int
	booted time.Time     // time.Now of the running boot's start
	skew   time.Duration // what Advance and Pass added to this boot
	asleep time.Duration // what Advance added to it
	wall   time.Time     // wall time at SinceBoot 0
	synced bool
}

// NewFake makes a clock, synced and just booted, whose time passes with
// time.Now: in a synctest bubble timers and readings agree.
func NewFake(wall time.Time) *Fake {
	return &Fake{boots: 1, booted: time.Now(), wall: wall, synced: true}
}

// NewStill makes a clock that moves only by Advance.
func NewStill(wall time.Time) *Fake {
	f := NewFake(wall)
	f.still = true
	return f
}

// Read implements Clock.
func (f *Fake) Read() Reading {
	f.mu.Lock()
	defer f.mu.Unlock()
	since := f.sinceBoot()
	return Reading{
		Awake:     since - f.asleep,
		Boot:      fmt.Sprintf("boot-%d", f.boots),
		SinceBoot: since,
		Wall:      f.wall.Add(since).Round(0).UTC(),
		Synced:    f.synced,
	}
}

// Advance lets time pass on both clocks without any timer noticing: a suspend. For a
// still clock it is how time passes.
func (f *Fake) Advance(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.skew += d
	if !f.still {
		f.asleep += d
	}
}

// Pass lets time pass on both clocks while the machine runs, without any timer
// noticing: the time for which a test does not want to wait.
func (f *Fake) Pass(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.skew += d
}

// Step moves the wall clock only, forth or back.
func (f *Fake) Step(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wall = f.wall.Add(d)
}

// SetWall steps the wall clock to t.
func (f *Fake) SetWall(t time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wall = t.Add(-f.sinceBoot())
}

// SetSynced says whether the wall clock is to be believed.
func (f *Fake) SetSynced(synced bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.synced = synced
}

// Reboot starts a new boot after a time without power. The wall clock went on, as
// with a battery; a gateway without one is Reboot followed by SetWall. Unsynced
// until SetSynced.
func (f *Fake) Reboot(off time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.wall = f.wall.Add(f.sinceBoot() + off)
	f.boots++
	f.booted, f.skew, f.asleep, f.synced = time.Now(), 0, 0, false
}

// sinceBoot needs mu.
func (f *Fake) sinceBoot() time.Duration {
	if f.still {
		return f.skew
	}
	return time.Since(f.booted) + f.skew
}
