package engine

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
)

// asked keeps what was asked and answers it.
type asked struct {
	mu     sync.Mutex
	all    []PollRequest
	answer func() ([]Polled, error)
}

func (a *asked) poll(_ context.Context, r PollRequest) ([]Polled, error) {
	a.mu.Lock()
	a.all = append(a.all, r)
	a.mu.Unlock()
	return a.answer()
}

func (a *asked) requests() []PollRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.all)
}

// late sells until the door is closed and nothing more is heard.
func (b *bench) late() purchase.OrderID {
	b.t.Helper()
	b.term.taps <- struct{}{}
	synctest.Wait()
	id := b.saas.opened[0]
	b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
	b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
	b.pass(time.Minute + time.Second)
	return id
}

// pass lets time go by on every clock.
func (b *bench) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

func newPollBench(t *testing.T, a *asked) *bench {
	b := newBench(t)
	b.stop()
	b.saas.trans, b.poll = "T77", a.poll
	b.start()
	synctest.Wait()
	if err := b.eng.SaaSHeard(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	return b
}

func TestM13_ALateRecognitionIsAskedForAndCharged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asked{answer: func() ([]Polled, error) {
			return []Polled{{Key: "polled", Body: purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: []purchase.Line{{Price: "1.50", Count: "2"}}}}}, nil
		}}
		b := newPollBench(t, a)
		defer func() { b.stop() }()
		id := b.late()
		if got := a.requests(); len(got) != 1 || got[0] != (PollRequest{Order: id, MachineID: "m1", TransID: "T77"}) {
			t.Fatalf("asked %+v, want once, for T77 of m1", got)
		}
		// the callback itself comes at last
		b.post(id, "detected", purchase.Detected{Source: purchase.FromDetection, SaaSOrderNo: "S1", OK: true, Lines: []purchase.Line{{Price: "1.50", Count: "2"}}})
		v, err := b.eng.Order(t.Context(), id)
		if err != nil || v.State.Outcome == nil || v.State.Outcome.Captured != 300 || len(v.State.Conflict) != 0 || len(v.State.Reports) != 1 {
			t.Fatalf("outcome %+v, conflicts %v, reports %v, %v; want one capture of 300, one report", v.State.Outcome, v.State.Conflict, v.State.Reports, err)
		}
	})
}

func TestAQuestionWithoutAnAnswerIsAskedAgainLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := &asked{answer: func() ([]Polled, error) { return nil, errors.New("away") }}
		b := newPollBench(t, a)
		defer func() { b.stop() }()
		id := b.late()
		b.pass(9 * time.Minute)
		if got := a.requests(); len(got) != 1 {
			t.Fatalf("asked %d times within ten minutes, want once", len(got))
		}
		b.pass(2 * time.Minute)
		if n, got := len(a.requests()), b.phase(id); n != 2 || got != purchase.PhaseReview {
			t.Fatalf("asked %d times, phase %s; want twice, review", n, got)
		}
	})
}

func TestTheEngineStopsWhileAQuestionIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newPollBench(t, &asked{})
		b.stop()
		b.poll = func(ctx context.Context, _ PollRequest) ([]Polled, error) { <-ctx.Done(); return nil, ctx.Err() }
		b.start()
		synctest.Wait()
		if err := b.eng.SaaSHeard(t.Context(), true); err != nil {
			t.Fatal(err)
		}
		b.late()
		before := time.Now()
		b.stop()
		if d := time.Since(before); d != 0 {
			t.Errorf("it took %v to stop", d)
		}
	})
}
