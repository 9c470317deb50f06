package demo

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"edged/internal/pause"
	"edged/internal/sim/world"
)

// Who can die in a storm.
const (
	gateway  = "gateway"  // the daemon: SIGKILL
	terminal = "terminal" // its power: all but its ledger is forgotten
	cloud    = "saas"     // every connection is cut, tokens and posts under way are forgotten
	network  = "network"  // nothing arrives and nobody is told
)

// How often things die on the mean, and for how long at most. The gateway is back as
// fast as a service manager would have it.
const (
	betweenKills   = 1300 * time.Millisecond
	betweenStrikes = 900 * time.Millisecond
	longestOff     = 1200 * time.Millisecond
)

// storm lets the gateway, terminals, the SaaS and the network of a demonstration die at
// random. The gateway dies at named points of the wire first of all: there the customer's
// money is between two books.
type storm struct {
	d    *demo
	link *link

	dying sync.Mutex // held while the gateway is being killed: what passes a point waits

	mu     sync.Mutex
	rng    *rand.Rand
	blows  bool
	next   time.Time      // the gateway lives until then
	deaths map[string]int // by who died
	points map[string]int // where the gateway died
}

func newStorm(l *link) *storm {
	return &storm{link: l, deaths: map[string]int{}, points: map[string]int{}}
}

// Begin lets it blow until Calm; the same seed draws the same numbers, which meet other
// customers as goroutines come.
func (s *storm) Begin(seed uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rng, s.blows = rand.New(rand.NewPCG(seed, 0x73746f726d)), true
	s.next = time.Now().Add(s.within(betweenKills))
}

// Calm ends it. It returns when no kill is under way and everything lives or will.
func (s *storm) Calm() {
	s.dying.Lock()
	defer s.dying.Unlock()
	s.mu.Lock()
	s.blows = false
	s.mu.Unlock()
	s.link.Up()
	s.d.world.SaaS.Cut(false)
}

// within draws a time; most are short, few are long.
func (s *storm) within(mean time.Duration) time.Duration {
	return time.Duration(s.rng.ExpFloat64() * float64(mean))
}

// Point may kill the gateway here. It returns when the gateway is gone.
func (s *storm) Point(name string) {
	s.dying.Lock()
	defer s.dying.Unlock()
	if s.wants(name) {
		s.kill(name)
	}
}

// wants: a point at which the gateway died seldom is taken more often.
func (s *storm) wants(name string) bool {
	if !isKillPoint(name) {
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.blows || time.Now().Before(s.next) {
		return false
	}
	odds := 0.1
	if s.points[name] <= s.deaths[gateway]/(2*len(killPoints())) {
		odds = 0.7
	}
	return s.rng.Float64() < odds
}

// kill ends the gateway, and starts it again. The caller holds dying.
func (s *storm) kill(where string) {
	if !s.d.child.Kill() {
		return
	}
	s.d.world.Record(world.KillDone, where)
	s.mu.Lock()
	s.deaths[gateway]++
	s.points[where]++
	s.next = time.Now().Add(s.within(betweenKills))
	s.mu.Unlock()
	s.d.child.Restart()
}

// anywhere is where the gateway dies between two points.
const anywhere = "anywhere"

// Run strikes until ctx ends.
func (s *storm) Run(ctx context.Context) {
	for {
		s.mu.Lock()
		wait, draw, off := s.within(betweenStrikes), s.rng.IntN(10), time.Duration(s.rng.Int64N(int64(longestOff)))
		lane := s.d.site.lanes[s.rng.IntN(len(s.d.site.lanes))].name
		s.mu.Unlock()
		if !pause.For(ctx, wait) {
			return
		}
		switch {
		case draw < 5:
			s.struck(terminal, lane)
			s.d.world.Lanes[lane].Terminal.PowerCut(off)
		case draw < 7:
			s.cloudDies(ctx, off)
		case draw < 9:
			s.struck(network, "")
			s.link.Down()
			_ = pause.For(ctx, off)
			s.link.Up()
		default:
			s.dying.Lock()
			s.kill(anywhere)
			s.dying.Unlock()
		}
	}
}

func (s *storm) cloudDies(ctx context.Context, off time.Duration) {
	s.struck(cloud, "")
	s.d.world.SaaS.Cut(true)
	s.link.Drop() // what it was told and what it tells just now
	s.d.world.SaaS.RevokeTokens()
	_ = pause.For(ctx, off)
	s.d.world.SaaS.Cut(false)
}

func (s *storm) struck(who, lane string) {
	s.d.world.RecordAt(world.StruckDone, lane, who)
	s.mu.Lock()
	s.deaths[who]++
	s.mu.Unlock()
}

// Take gives the deaths since the last time.
func (s *storm) Take() (deaths, points map[string]int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	deaths, points = s.deaths, s.points
	s.deaths, s.points = map[string]int{}, map[string]int{}
	return deaths, points
}

// Deaths counts those since the last Take.
func (s *storm) Deaths() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, k := range s.deaths {
		n += k
	}
	return n
}
