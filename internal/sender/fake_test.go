package sender_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/sender"
)

const account = "https://saas.example P1"

// sent is one try.
type sent struct {
	at   time.Duration
	body string
}

// bench is an outbox, a SaaS and an engine around one sender, in a bubble. The test
// holds mu but while it waits.
type bench struct {
	mu    sync.Mutex
	t     *testing.T
	o     sender.Options
	s     *sender.Sender
	begin time.Time

	rows     []queue.ReportRow
	dead     []queue.Dead
	reads    int
	sent     []sent
	posted   []purchase.Event
	answer   func(body string) sender.Result // nil: acknowledged
	readErr  error
	postErrs int  // as many posts fail
	keeps    bool // a post is taken and the row stays
}

// body of the n-th report of an order; the spaces must survive.
func body(order, n int) string { return fmt.Sprintf(`{"order":  %d, "n":%d}`, order, n) }

func (b *bench) add(order, n int) { b.addFor(account, order, n) }

func (b *bench) addFor(acct string, order, n int) {
	// As Encode would, were it not to compact the body's spaces.
	text := fmt.Sprintf(`{"v":1,"o":"O%d","n":%d,"acct":%q,"b":%s}`, order, n, acct, body(order, n))
	b.rows = append(b.rows, queue.ReportRow{N: b.nextN(), Seq: queue.Seq(order), Body: []byte(text)})
}

func (b *bench) nextN() queue.N {
	if len(b.rows) == 0 {
		return 1
	}
	return b.rows[len(b.rows)-1].N + 1
}

func (b *bench) ReadReports(_ context.Context, after queue.N, limit int) ([]queue.ReportRow, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reads++
	if b.readErr != nil {
		return nil, b.readErr
	}
	i, _ := slices.BinarySearchFunc(b.rows, after+1, func(r queue.ReportRow, n queue.N) int { return int(r.N - n) })
	return slices.Clone(b.rows[i:min(i+limit, len(b.rows))]), nil
}

func (b *bench) ReadDead(_ context.Context, after queue.N, limit int) ([]queue.Dead, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, _ := slices.BinarySearchFunc(b.dead, after+1, func(d queue.Dead, n queue.N) int { return int(d.N - n) })
	return slices.Clone(b.dead[i:min(i+limit, len(b.dead))]), b.readErr
}

// bury adds a dead letter.
func (b *bench) bury(acct string, order, n int) {
	text := fmt.Sprintf(`{"v":1,"o":"O%d","n":%d,"acct":%q,"b":%s}`, order, n, acct, body(order, n))
	b.dead = append(b.dead, queue.Dead{N: queue.N(1000 + len(b.dead)), Seq: queue.Seq(order), Class: "report", Body: []byte(text)})
}

func (b *bench) send(_ context.Context, body []byte) sender.Result {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sent = append(b.sent, sent{time.Since(b.begin), string(body)})
	if b.answer == nil {
		return sender.Result{Verdict: sender.Acked}
	}
	return b.answer(string(body))
}

func (b *bench) post(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if ctx.Err() != nil {
		b.t.Errorf("an answer is posted with an ended context")
	}
	if b.postErrs > 0 {
		b.postErrs--
		return purchase.Refuse, errors.New("the store is full")
	}
	b.posted = append(b.posted, ev)
	if b.keeps {
		return purchase.Accept, nil
	}
	r, seq := ev.Body.(purchase.Reported), seqOf(ev.Order)
	i := slices.IndexFunc(b.rows, func(row queue.ReportRow) bool {
		var out struct {
			N int `json:"n"`
		}
		return row.Seq == seq && json.Unmarshal(row.Body, &out) == nil && out.N == r.Report
	})
	switch {
	case i == 0:
		b.rows = b.rows[1:]
	case i > 0:
		b.rows = slices.Delete(b.rows, i, i+1)
	}
	return purchase.Accept, nil
}

func seqOf(id purchase.OrderID) (n queue.Seq) {
	_, _ = fmt.Sscanf(string(id), "O%d", &n)
	return n
}

// run starts the sender in a bubble; test looks at it, and it has to stop after.
func run(t *testing.T, prepare func(b *bench), test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, begin: time.Now()}
		b.o = sender.Options{
			Outbox: b, Send: b.send, Post: b.post, Account: account,
			PerSecond: 2, RetryBase: time.Second, RetryCap: 5 * time.Minute,
			Rand: func() float64 { return 1 - 1e-9 }, // the longest wait
		}
		prepare(b)
		var err error
		if b.s, err = sender.New(b.o); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		b.mu.Lock()
		go func() { done <- b.s.Run(ctx) }()
		test(b)
		b.mu.Unlock()
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run ended with %v", err)
		}
	})
}

// wait lets time pass.
func (b *bench) wait(d time.Duration) {
	b.mu.Unlock()
	defer b.mu.Lock()
	time.Sleep(d)
	synctest.Wait()
}

func (b *bench) bodies() []string {
	out := make([]string, len(b.sent))
	for i, s := range b.sent {
		out[i] = s.body
	}
	return out
}

// times is when each try was made, in whole milliseconds.
func (b *bench) times() []int64 {
	out := make([]int64, len(b.sent))
	for i, s := range b.sent {
		out[i] = (s.at + time.Microsecond).Milliseconds()
	}
	return out
}
