package sender

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// Outbox is what the sender reads; queue.Store is one.
type Outbox interface {
	ReadReports(ctx context.Context, after queue.N, limit int) ([]queue.ReportRow, error)
	ReadDead(ctx context.Context, after queue.N, limit int) ([]queue.Dead, error)
}

// Verdict is what became of one try.
type Verdict string

// The verdicts.
const (
	Acked   Verdict = "acked"   // acknowledged, or processed already
	Refused Verdict = "refused" // a no: a dead letter
	Later   Verdict = "later"   // this report again, later
	Away    Verdict = "away"    // the SaaS does not answer, or wants less of us: everything later
)

// Result is a verdict with what is known of it.
type Result struct {
	Verdict    Verdict
	Reason     string        // short class, for the metric
	Msg        string        // for people
	RetryAfter time.Duration // zero: not told
	Code       errcode.Code  // of Reason; "" if it has none
}

// tooMany says whether the request was turned away unread.
func (r Result) tooMany() bool { return r.Verdict == Away && r.Reason == rateLimited }

// Options of New.
type Options struct {
	Outbox  Outbox
	Send    func(ctx context.Context, body []byte) Result // one try; must end with ctx
	Post    func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error)
	Account string // the one the Send of this sender belongs to

	PerSecond float64       // most per second, DESIGN: at most 2
	RetryBase time.Duration // first back-off
	RetryCap  time.Duration // longest back-off
	Rand      func() float64

	Logger     *slog.Logger
	Registerer prometheus.Registerer
}

// Sender drains the outbox. One goroutine (Run) works; Wake and Back may be
// called from anywhere.
type Sender struct {
	o       Options
	log     *slog.Logger
	metrics *metrics
	wake    chan struct{}
	back    atomic.Bool
	trouble trouble
	limits  atomic.Pointer[Limits] // new ones, until Run takes them

	// Run's own.
	pace     pace
	cursor   queue.N             // rows up to here are held back
	due      time.Time           // when the first of them may be tried again; zero: none
	blocked  map[queue.Seq]block // at most maxBlocked
	failures int                 // in a row, of the whole SaaS
	awayTill time.Time           // no request before
	barred   time.Time           // no request before, as the SaaS itself said
	strange  bool                // a row of another account has been alarmed
	unread   bool                // the outbox could not be read, and that is logged
	dead     deadRound
}

// block keeps an order's reports back.
type block struct {
	attempts int
	next     time.Time
}

// letter is a report that may be sent now.
type letter struct {
	row  queue.ReportRow
	out  purchase.OutboxRow
	dead bool // refused before: its row is no longer in the outbox
}

const (
	pageRows   = 64
	maxBlocked = 4096
	idleLook   = time.Minute // a look at the outbox although nobody woke us
	sendLimit  = 30 * time.Second
	longestBar = time.Hour // the longest Retry-After that is believed
)

// New prepares a sender; nothing happens until Run.
func New(o Options) (*Sender, error) {
	if o.PerSecond <= 0 || o.RetryBase <= 0 || o.RetryCap < o.RetryBase {
		return nil, fmt.Errorf("sender: rate %v, back-off %v to %v: must be positive and rising", o.PerSecond, o.RetryBase, o.RetryCap)
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	return &Sender{
		o: o, log: o.Logger.With(logkey.Component, "sender"), metrics: m, wake: make(chan struct{}, 1),
		pace: pace{top: o.PerSecond}, blocked: map[queue.Seq]block{},
	}, nil
}

// Back says that the SaaS was heard of again: a wait that was only guessed is over,
// one that the SaaS asked for is not. It never blocks.
func (s *Sender) Back() {
	s.back.Store(true)
	s.Wake()
}

// Wake says that a report was queued. It never blocks, and shortens no back-off.
func (s *Sender) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run drains until ctx ends.
func (s *Sender) Run(ctx context.Context) error {
	for {
		s.takeLimits()
		l, wait := s.next(ctx)
		if l == nil {
			if !s.sleep(ctx, wait, true) {
				return nil
			}
			continue
		}
		if !s.sleep(ctx, s.pace.take(time.Now()), false) {
			return nil
		}
		s.try(ctx, *l)
	}
}

// sleep waits; false: ctx ended. Only an idle sender may be woken.
func (s *Sender) sleep(ctx context.Context, d time.Duration, idle bool) bool {
	if d <= 0 {
		return ctx.Err() == nil
	}
	t := time.NewTimer(d)
	defer t.Stop()
	wake := s.wake
	if !idle {
		wake = nil
	}
	select {
	case <-t.C:
	case <-wake:
	case <-ctx.Done():
		return false
	}
	return true
}
