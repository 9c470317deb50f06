package sender_test

import (
	"testing"
	"time"

	"edged/internal/sender"
)

func TestWhyAReportWaitsCanBeAsked(t *testing.T) {
	verdict := sender.Later
	prepare := func(b *bench) {
		b.add(1, 1)
		b.add(2, 1)
		b.answer = func(text string) sender.Result {
			if text == body(2, 1) {
				return sender.Result{Verdict: sender.Acked}
			}
			return sender.Result{Verdict: verdict, Reason: "server", Msg: "HTTP 502"}
		}
	}
	run(t, prepare, func(b *bench) {
		b.wait(10 * time.Second)
		if got := b.s.Trying(1); got.Why != "HTTP 502" || got.Attempts < 2 {
			t.Errorf("the report that is refused for now: %+v", got)
		}
		if got := b.s.Trying(2); got != (sender.Tried{}) {
			t.Errorf("the report that was taken: %+v", got)
		}
		verdict = sender.Away
		b.wait(time.Hour)
		if got := b.s.Trying(3); got.Why != "HTTP 502" || got.Attempts != 0 {
			t.Errorf("a report that was never tried, while the SaaS is away: %+v", got)
		}
		verdict = sender.Acked
		b.wait(time.Hour)
		if one, other := b.s.Trying(1), b.s.Trying(3); one != (sender.Tried{}) || other != (sender.Tried{}) {
			t.Errorf("after all was taken: %+v, %+v", one, other)
		}
	})
}
