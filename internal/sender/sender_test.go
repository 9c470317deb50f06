package sender_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/sender"
)

func later(string) sender.Result { return sender.Result{Verdict: sender.Later, Reason: "server"} }

func away(string) sender.Result { return sender.Result{Verdict: sender.Away, Reason: "network"} }

func TestSameBytesUntilAcknowledged(t *testing.T) {
	run(t, func(b *bench) { b.add(1, 1); b.answer = later }, func(b *bench) {
		b.wait(24 * time.Hour)
		tries := len(b.sent)
		if tries < 24*60/5 {
			t.Errorf("%d tries in a day, want one in five minutes at least", tries)
		}
		b.answer = nil
		b.wait(5 * time.Minute)
		for _, s := range b.sent {
			if s.body != body(1, 1) {
				t.Fatalf("sent %s, want %s", s.body, body(1, 1))
			}
		}
		if len(b.rows) != 0 || len(b.sent) != tries+1 {
			t.Errorf("%d rows left after %d more tries, want none after one", len(b.rows), len(b.sent)-tries)
		}
		want := purchase.Event{Order: "O1", Body: purchase.Reported{Report: 1, OK: true}}
		if len(b.posted) != 1 || !reflect.DeepEqual(b.posted[0], want) {
			t.Errorf("posted %+v, want %+v", b.posted, want)
		}
	})
}

func TestRefusedIsADeadLetter(t *testing.T) {
	refuse := func(string) sender.Result { return sender.Result{Verdict: sender.Refused, Msg: "no such order"} }
	run(t, func(b *bench) { b.add(1, 1); b.answer = refuse }, func(b *bench) {
		b.wait(time.Hour)
		want := purchase.Reported{Report: 1, Msg: "no such order"}
		if len(b.sent) != 1 || len(b.posted) != 1 || b.posted[0].Body != purchase.Body(want) {
			t.Errorf("%d tries, posted %+v, want one try and %+v", len(b.sent), b.posted, want)
		}
	})
}

// TestSequence: of one order's reports the second never overtakes the first,
// wherever the sender looks when the first may be tried again.
func TestSequence(t *testing.T) {
	prepare := func(b *bench) {
		b.add(1, 1)
		for o := 2; o < 150; o++ {
			b.add(o, 1)
		}
		b.add(1, 2)
		b.answer = func(x string) sender.Result {
			if x == body(1, 1) && len(b.sent) < 90 {
				return later(x)
			}
			return sender.Result{Verdict: sender.Acked}
		}
	}
	run(t, prepare, func(b *bench) {
		b.wait(time.Hour)
		all := b.bodies()
		last := len(all) - 1 - slices.Index(reversed(all), body(1, 1))
		if second := slices.Index(all, body(1, 2)); second < last {
			t.Errorf("report 2 was sent in try %d, report 1 in try %d", second, last)
		}
		if len(b.rows) != 0 {
			t.Errorf("%d rows left, want none", len(b.rows))
		}
	})
}

func reversed(s []string) []string {
	s = slices.Clone(s)
	slices.Reverse(s)
	return s
}

func TestAStuckOrderDelaysNoOther(t *testing.T) {
	stuck := func(x string) sender.Result {
		if strings.Contains(x, `"order":  1,`) {
			return later(x)
		}
		return sender.Result{Verdict: sender.Acked}
	}
	prepare := func(b *bench) {
		b.add(1, 1)
		b.add(1, 2)
		for o := 2; o <= 11; o++ {
			b.add(o, 1)
		}
		b.answer = stuck
	}
	run(t, prepare, func(b *bench) {
		b.wait(30 * time.Second)
		if len(b.posted) != 10 || len(b.rows) != 2 {
			t.Errorf("%d orders are reported and %d rows wait, want 10 and the two of the stuck one", len(b.posted), len(b.rows))
		}
		if slices.Contains(b.bodies(), body(1, 2)) {
			t.Error("the stuck order's second report was sent")
		}
	})
}

func TestRetryAfter(t *testing.T) {
	wait := func(v sender.Verdict, d time.Duration) func(string) sender.Result {
		return func(string) sender.Result { return sender.Result{Verdict: v, Reason: "rate_limited", RetryAfter: d} }
	}
	cases := map[string]struct {
		answer func(string) sender.Result
		want   time.Duration
	}{
		"of one report":                {wait(sender.Later, 7*time.Minute), 7 * time.Minute},
		"of the whole SaaS":            {wait(sender.Away, 7*time.Minute), 7 * time.Minute},
		"shorter than the back-off":    {wait(sender.Later, time.Millisecond), time.Second},
		"a year is not believed":       {wait(sender.Away, 365*24*time.Hour), time.Hour},
		"not told":                     {wait(sender.Later, 0), time.Second},
		"a verdict that nobody knows":  {wait("", 0), time.Second},
		"not told, of the whole SaaS ": {wait(sender.Away, 0), time.Second},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			run(t, func(b *bench) { b.add(1, 1); b.answer = c.answer }, func(b *bench) {
				b.wait(0)
				b.answer = nil
				b.s.Back() // shortens no wait that the SaaS asked for
				b.wait(c.want + time.Second)
				if len(b.sent) != 2 {
					t.Fatalf("%d tries, want 2", len(b.sent))
				}
				if got := b.sent[1].at; c.want > time.Second && (got < c.want || got > c.want+time.Second) {
					t.Errorf("sent again after %v, want %v and a moment", got, c.want)
				}
			})
		})
	}
}

func TestPace(t *testing.T) {
	prepare := func(b *bench) {
		for o := 1; o <= 100; o++ {
			b.add(o, 1)
		}
	}
	run(t, prepare, func(b *bench) {
		b.wait(0)
		if len(b.sent) != 1 {
			t.Errorf("%d sent at once, want the first", len(b.sent))
		}
		b.wait(49500 * time.Millisecond)
		for i, ms := range b.times() {
			if ms != int64(i)*500 {
				t.Fatalf("try %d after %d ms, want %d: two a second", i, ms, i*500)
			}
		}
		if len(b.sent) != 100 {
			t.Errorf("%d sent, want 100", len(b.sent))
		}
	})
}

// TestPaceAdapts: trouble halves the rate once, and success brings it back: fast at
// first, then slowly, and never above the most.
func TestPaceAdapts(t *testing.T) {
	prepare := func(b *bench) {
		for o := 1; o <= 300; o++ {
			b.add(o, 1)
		}
		b.answer = func(x string) sender.Result {
			if len(b.sent) <= 2 {
				return later(x)
			}
			return sender.Result{Verdict: sender.Acked}
		}
		b.o.RetryBase = time.Hour
		b.o.RetryCap = time.Hour
	}
	run(t, prepare, func(b *bench) {
		b.wait(50 * time.Minute)
		at := b.times()
		if got, want := at[:4], []int64{0, 500, 1500, 2500}; !near(got, want) {
			t.Errorf("tries at %v ms, want %v: two a second, then one", got, want)
		}
		for i := 3; i < len(at); i++ {
			gap, before := at[i]-at[i-1], at[i-1]-at[i-2]
			switch {
			case gap > before+1, gap < 499:
				t.Fatalf("%d ms between two tries after %d ms, want it to shrink to 500", gap, before)
			case at[i] > 60_000 && gap > 560, at[i] > 130_000 && gap > 501:
				t.Fatalf("%d ms between two tries %d s after the trouble: recovers too slowly", gap, at[i]/1000)
			}
		}
		if len(at) != 300 {
			t.Errorf("%d tries, want 300", len(at))
		}
	})
}

// TestOneTurnedAwayWaitsBriefly: a report that was turned away because there were too
// many comes again soon, and those behind it slower.
func TestOneTurnedAwayWaitsBriefly(t *testing.T) {
	prepare := func(b *bench) {
		for o := 1; o <= 20; o++ {
			b.add(o, 1)
		}
		b.answer = func(string) sender.Result {
			if len(b.sent) == 1 {
				return sender.Result{Verdict: sender.Away, Reason: "rate_limited", RetryAfter: 2 * time.Second}
			}
			return sender.Result{Verdict: sender.Acked}
		}
	}
	run(t, prepare, func(b *bench) {
		b.wait(time.Minute)
		// What the SaaS asked for, one turn at the new pace of one a second, then that pace.
		if got, want := b.times()[:3], []int64{0, 3000, 4000}; !near(got, want) {
			t.Errorf("tries at %v ms, want %v", got, want)
		}
		if got := b.bodies()[:2]; got[0] != got[1] {
			t.Errorf("sent %v, want the same report again", got)
		}
	})
}

func near(a, b []int64) bool {
	return slices.EqualFunc(a, b, func(x, y int64) bool { return x-y <= 1 && y-x <= 1 })
}

func TestAwayIsOneBackOffForAll(t *testing.T) {
	prepare := func(b *bench) {
		for o := 1; o <= 50; o++ {
			b.add(o, 1)
		}
		b.answer = away
	}
	run(t, prepare, func(b *bench) {
		b.wait(time.Hour)
		// Doubling from 1 s to 5 min: 8 tries in 4 min 16 s, then one in 5 min.
		if got := len(b.sent); got < 18 || got > 22 {
			t.Errorf("%d tries in an hour away, want about 20 for all orders together", got)
		}
		b.answer = nil
		b.s.Back()
		b.wait(0)
		tries := len(b.sent)
		b.wait(20 * time.Second)
		if len(b.posted) == 0 || len(b.sent) <= tries {
			t.Error("the drain does not start when the SaaS is heard of again")
		}
		b.wait(2 * time.Minute)
		if len(b.rows) != 0 {
			t.Errorf("%d rows left, want none", len(b.rows))
		}
		// The success has reset the back-off: the next failure is the first.
		b.add(99, 1)
		b.answer = away
		b.s.Wake()
		b.wait(time.Second + time.Millisecond)
		b.answer = nil
		b.wait(2 * time.Second)
		if len(b.rows) != 0 {
			t.Error("the back-off was not reset by the success")
		}
	})
}

func TestWake(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) {
		b.wait(90 * time.Second)
		b.add(1, 1)
		b.s.Wake()
		b.s.Wake()
		b.wait(0)
		if len(b.sent) != 1 {
			t.Errorf("%d sent, want the report at once", len(b.sent))
		}
		// Nobody wakes it: it looks by itself.
		b.add(2, 1)
		b.wait(time.Minute)
		if len(b.sent) != 2 {
			t.Errorf("%d sent, want 2 within a minute", len(b.sent))
		}
	})
}

func TestForeignAccountWaits(t *testing.T) {
	prepare := func(b *bench) {
		for o := 1; o <= 200; o++ {
			b.addFor("https://other.example P2", o, 1)
		}
		b.add(201, 1)
	}
	run(t, prepare, func(b *bench) {
		b.wait(0)
		if len(b.posted) != 1 || b.posted[0].Order != "O201" {
			t.Errorf("posted %+v, want our own at once", b.posted)
		}
		b.wait(24 * time.Hour)
		if len(b.sent) != 1 || len(b.rows) != 200 {
			t.Errorf("%d sent, %d rows wait, want 1 and 200", len(b.sent), len(b.rows))
		}
	})
}

func TestPostFails(t *testing.T) {
	run(t, func(b *bench) { b.add(1, 1); b.postErrs = 2 }, func(b *bench) {
		b.wait(time.Minute)
		if want := []string{body(1, 1), body(1, 1), body(1, 1)}; !slices.Equal(b.bodies(), want) || len(b.rows) != 0 {
			t.Errorf("sent %v, %d rows left, want three times and none", b.bodies(), len(b.rows))
		}
	})
}

// TestRowStays: the answer was taken but the row is still there; that is no reason
// to send it twice a second.
func TestRowStays(t *testing.T) {
	run(t, func(b *bench) { b.add(1, 1); b.keeps = true }, func(b *bench) {
		b.wait(time.Hour)
		if got := len(b.sent); got < 12 || got > 22 {
			t.Errorf("%d tries in an hour, want a back-off", got)
		}
	})
}

func TestUnreadableRow(t *testing.T) {
	prepare := func(b *bench) {
		b.rows = []queue.ReportRow{
			{N: 1, Seq: 1, Body: []byte(`{"v":9}`)},
			{N: 2, Seq: 2, Err: queue.ErrBadRecord},
		}
		b.add(3, 1)
	}
	run(t, prepare, func(b *bench) {
		b.wait(0)
		if want := []string{body(3, 1)}; !slices.Equal(b.bodies(), want) {
			t.Errorf("sent %v, want %v", b.bodies(), want)
		}
		b.wait(time.Hour)
		if len(b.rows) != 2 || len(b.sent) != 1 {
			t.Errorf("%d rows, %d sent, want the unreadable ones left alone", len(b.rows), len(b.sent))
		}
	})
}

func TestOutboxCannotBeRead(t *testing.T) {
	run(t, func(b *bench) { b.add(1, 1); b.readErr = errors.New("no disk") }, func(b *bench) {
		b.wait(time.Minute)
		if b.reads > 61 {
			t.Errorf("%d reads in a minute, want one a second", b.reads)
		}
		b.readErr = nil
		b.wait(time.Second)
		if len(b.rows) != 0 {
			t.Error("the report was not sent when the outbox could be read again")
		}
	})
}

func TestNoBusyLoopWhileAllIsHeldBack(t *testing.T) {
	prepare := func(b *bench) {
		for o := 1; o <= 10; o++ {
			b.add(o, 1)
		}
		b.answer = later
	}
	run(t, prepare, func(b *bench) {
		b.wait(time.Hour)
		b.reads = 0
		b.wait(time.Hour)
		// Ten orders, each tried once in five minutes: 120 tries, few looks for each.
		if b.reads > 600 {
			t.Errorf("%d reads in an hour, want few", b.reads)
		}
		// Their rows go away: what is held back is forgotten.
		b.rows, b.reads = nil, 0
		b.wait(time.Hour)
		if b.reads > 61+60 {
			t.Errorf("%d reads in an hour of an empty outbox, want one a minute", b.reads)
		}
	})
}

func TestTenThousandReports(t *testing.T) {
	const n = 10_000
	prepare := func(b *bench) {
		for o := 1; o <= n; o++ {
			b.add(o, 1)
		}
	}
	run(t, prepare, func(b *bench) {
		b.wait(n / 2 * time.Second)
		if len(b.rows) != 0 || len(b.sent) != n {
			t.Fatalf("%d rows left, %d tries, want none and %d", len(b.rows), len(b.sent), n)
		}
		for i, s := range b.sent {
			if s.body != body(i+1, 1) {
				t.Fatalf("try %d is %s, want %s", i, s.body, body(i+1, 1))
			}
		}
	})
}

// TestM9_MoreStuckThanRemembered: what is held back has a bound (M9); beyond it the
// whole drain slows down, and nothing is lost.
func TestM9_MoreStuckThanRemembered(t *testing.T) {
	const n = 4200
	prepare := func(b *bench) {
		for o := 1; o <= n; o++ {
			b.add(o, 1)
		}
		b.answer = later
		b.o.PerSecond = 1000
		b.o.RetryBase, b.o.RetryCap = 100*24*time.Hour, 100*24*time.Hour
	}
	run(t, prepare, func(b *bench) {
		b.wait(99 * 24 * time.Hour)
		if got := len(b.sent); got != 4097 {
			t.Errorf("%d tries, want 4097: one more than can be held back", got)
		}
		if len(b.rows) != n {
			t.Errorf("%d rows, want all %d", len(b.rows), n)
		}
	})
}

func TestStopDuringATry(t *testing.T) {
	run(t, func(b *bench) {
		b.add(1, 1)
		b.o.Send = func(ctx context.Context, _ []byte) sender.Result {
			<-ctx.Done()
			return sender.Result{Verdict: sender.Away, Reason: "timeout"}
		}
	}, func(b *bench) {
		b.wait(45 * time.Second) // one try of 30 s, and into the next
		if len(b.rows) != 1 {
			t.Errorf("%d rows, want the report kept", len(b.rows))
		}
	})
}

func TestBackoff(t *testing.T) {
	full := func() float64 { return 1 }
	none := func() float64 { return 0 }
	cases := []struct {
		attempt int
		want    time.Duration
	}{{0, time.Second}, {1, time.Second}, {2, 2 * time.Second}, {3, 4 * time.Second}, {9, 256 * time.Second}, {10, 5 * time.Minute}, {1 << 30, 5 * time.Minute}}
	for _, c := range cases {
		if got := sender.Backoff(c.attempt, time.Second, 5*time.Minute, full); got != c.want {
			t.Errorf("longest wait before try %d is %v, want %v", c.attempt, got, c.want)
		}
		if got := sender.Backoff(c.attempt, time.Second, 5*time.Minute, none); got != 0 {
			t.Errorf("shortest wait before try %d is %v, want 0", c.attempt, got)
		}
	}
}

func TestOptions(t *testing.T) {
	bad := map[string]sender.Options{
		"no rate":            {RetryBase: 1, RetryCap: 1},
		"no base":            {PerSecond: 1, RetryCap: 1},
		"cap below the base": {PerSecond: 1, RetryBase: 2, RetryCap: 1},
	}
	for name, o := range bad {
		if _, err := sender.New(o); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
	if _, err := sender.New(sender.Options{PerSecond: 2, RetryBase: 1, RetryCap: 1}); err != nil {
		t.Errorf("without rand, logger and registry: %v", err)
	}
}
