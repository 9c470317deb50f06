package sender_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/sender"
)

// limiter is a SaaS that takes so many requests in a second and turns the others away.
// It takes its time for either.
type limiter struct {
	mu         sync.Mutex
	rng        *rand.Rand
	perSecond  float64
	retryAfter time.Duration // told with a no; zero: not told
	tokens     float64
	filled     time.Time
	requests   int
}

func (l *limiter) take(now time.Time) (ok bool, takes time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.tokens = min(l.perSecond, l.tokens+now.Sub(l.filled).Seconds()*l.perSecond)
	l.filled = now
	l.requests++
	if ok = l.tokens >= 1; ok {
		l.tokens--
	}
	return ok, 20*time.Millisecond + time.Duration(l.rng.Int64N(int64(100*time.Millisecond)))
}

// send is one gateway's try.
func (l *limiter) send(ctx context.Context, _ []byte) sender.Result {
	ok, takes := l.take(time.Now())
	select {
	case <-time.After(takes):
	case <-ctx.Done():
		return sender.Result{Verdict: sender.Away, Reason: "timeout"}
	}
	if ok {
		return sender.Result{Verdict: sender.Acked}
	}
	return sender.Result{Verdict: sender.Away, Reason: "rate_limited", RetryAfter: l.retryAfter}
}

// member is one gateway of the fleet: reports in memory, and when each was acknowledged.
type member struct {
	mu    sync.Mutex
	rows  []queue.ReportRow
	acked []time.Time
	empty chan struct{}
}

func newMember(reports int) *member {
	m := &member{empty: make(chan struct{})}
	for i := range reports {
		body := fmt.Sprintf(`{"v":1,"o":"O%d","n":1,"acct":%q,"b":{"order":%d}}`, i+1, account, i+1)
		m.rows = append(m.rows, queue.ReportRow{N: queue.N(i + 1), Seq: queue.Seq(i + 1), Body: []byte(body)})
	}
	return m
}

func (m *member) ReadReports(_ context.Context, after queue.N, limit int) ([]queue.ReportRow, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	i, _ := slices.BinarySearchFunc(m.rows, after+1, func(r queue.ReportRow, n queue.N) int { return int(r.N - n) })
	return slices.Clone(m.rows[i:min(i+limit, len(m.rows))]), nil
}

func (m *member) ReadDead(context.Context, queue.N, int) ([]queue.Dead, error) { return nil, nil }

func (m *member) post(_ context.Context, ev purchase.Event) (purchase.Verdict, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	seq := seqOf(ev.Order)
	m.rows = slices.DeleteFunc(m.rows, func(r queue.ReportRow) bool { return r.Seq == seq })
	m.acked = append(m.acked, time.Now())
	if len(m.rows) == 0 {
		close(m.empty)
	}
	return purchase.Accept, nil
}

// drained is what came of a fleet.
type drained struct {
	took   time.Duration // until the last report was acknowledged
	gap    time.Duration // the longest time of a gateway without an acknowledgement
	perAck float64       // requests
	acked  int
}

// drainFleet lets gateways with a backlog loose on one SaaS at the same moment.
func drainFleet(t *testing.T, gateways, reports int, l *limiter) (d drained) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		l.filled, l.tokens, l.rng = begun, l.perSecond, rand.New(rand.NewPCG(1, 2))
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		fleet := make([]*member, gateways)
		for i := range fleet {
			m := newMember(reports)
			fleet[i] = m
			s, err := sender.New(sender.Options{
				Outbox: m, Send: l.send, Post: m.post, Account: account,
				PerSecond: 2, RetryBase: time.Second, RetryCap: 5 * time.Minute,
				Rand: rand.New(rand.NewPCG(uint64(i), 3)).Float64,
			})
			if err != nil {
				t.Fatal(err)
			}
			running.Go(func() {
				if err := s.Run(ctx); err != nil {
					t.Errorf("Run ended with %v", err)
				}
			})
		}
		for _, m := range fleet {
			<-m.empty
		}
		d.took = time.Since(begun)
		cancel()
		running.Wait()
		for _, m := range fleet {
			last := begun
			for _, at := range m.acked {
				d.gap = max(d.gap, at.Sub(last))
				last = at
			}
			d.acked += len(m.acked)
		}
		d.perAck = float64(l.requests) / float64(d.acked)
	})
	return d
}

// TestAFleetComesBackWithoutAStampede: a thousand gateways whose SaaS was away have 50
// reports each, and it takes a hundred requests a second: 500 s at the best.
func TestAFleetComesBackWithoutAStampede(t *testing.T) {
	const gateways, reports, perSecond = 1000, 50, 100
	for name, after := range map[string]time.Duration{
		"not told how long to wait": 0, "told to wait a second": time.Second, "told to wait three seconds": 3 * time.Second,
	} {
		t.Run(name, func(t *testing.T) {
			d := drainFleet(t, gateways, reports, &limiter{perSecond: perSecond, retryAfter: after})
			if d.acked != gateways*reports {
				t.Errorf("%d acknowledgements, want each of %d reports once", d.acked, gateways*reports)
			}
			if d.took > 600*time.Second || d.gap > time.Minute || d.perAck > 1.3 {
				t.Errorf("took %v, the longest wait of a gateway %v, %.2f requests for an acknowledgement; want 10m, 1m, 1.3 at the most", d.took, d.gap, d.perAck)
			}
			t.Logf("%v, the longest wait of a gateway %v, %.3f requests for an acknowledgement", d.took.Round(time.Second), d.gap.Round(time.Second), d.perAck)
		})
	}
}
