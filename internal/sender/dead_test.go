package sender_test

import (
	"slices"
	"testing"
	"time"

	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/sender"
)

func refuse(string) sender.Result {
	return sender.Result{Verdict: sender.Refused, Msg: "no such order"}
}

func TestM4_ADeadLetterIsSentAgainEverySixHoursWithTheSameBytes(t *testing.T) {
	run(t, func(b *bench) { b.bury(account, 1, 1); b.answer = refuse }, func(b *bench) {
		b.wait(25 * time.Minute)
		if got := b.bodies(); !slices.Equal(got, []string{body(1, 1)}) {
			t.Fatalf("sent %q soon after the start, want the letter once", got)
		}
		b.wait(24 * time.Hour)
		if got := len(b.sent); got != 5 {
			t.Errorf("sent %d times in a day, want 5: after the start, and every 6 h", got)
		}
		b.answer = nil
		b.wait(6 * time.Hour)
		last := b.posted[len(b.posted)-1]
		if r := last.Body.(purchase.Reported); !r.OK || r.Report != 1 || last.Order != "O1" {
			t.Errorf("posted %+v, want that the report is acknowledged after all", last)
		}
	})
}

func TestALetterThatDiesNowIsLeftInPeaceForSixHours(t *testing.T) {
	run(t, func(*bench) {}, func(b *bench) {
		b.wait(time.Hour)
		b.bury(account, 1, 1)
		b.wait(6 * time.Hour)
		if len(b.sent) != 0 {
			t.Fatalf("sent %d times within 6 h", len(b.sent))
		}
		b.wait(11 * time.Minute)
		if len(b.sent) != 1 {
			t.Errorf("sent %d times after 6 h and a look, want once", len(b.sent))
		}
	})
}

func TestADeadLetterIsNotLostToAnOutage(t *testing.T) {
	run(t, func(b *bench) {
		b.bury(account, 1, 1)
		b.answer = func(string) sender.Result { return sender.Result{Verdict: sender.Away, Reason: "network"} }
	}, func(b *bench) {
		b.wait(time.Hour)
		b.answer, b.sent = nil, nil
		b.s.Back()
		b.wait(time.Minute)
		if len(b.sent) != 1 || len(b.posted) != 1 {
			t.Errorf("sent %d times, %d answers, as soon as the SaaS is back; want 1 and 1", len(b.sent), len(b.posted))
		}
	})
}

func TestOnlyReportsOfThisAccountAreSentAgain(t *testing.T) {
	run(t, func(b *bench) {
		b.bury("https://saas.example P2", 1, 1)
		b.dead = append(b.dead, queue.Dead{N: 2000, Class: "callback", Body: []byte(`{}`)})
	}, func(b *bench) {
		b.wait(48 * time.Hour)
		if len(b.sent) != 0 {
			t.Errorf("sent %q", b.bodies())
		}
	})
}

func TestManyDeadLettersDoNotDelayAReport(t *testing.T) {
	run(t, func(b *bench) {
		for i := range 200 {
			b.bury(account, i+10, 1)
		}
		b.answer = func(s string) sender.Result {
			if s == body(1, 1) {
				return sender.Result{Verdict: sender.Acked}
			}
			return refuse(s)
		}
	}, func(b *bench) {
		b.wait(22*time.Minute + 35*time.Second) // the letters of before the start are being tried
		if len(b.sent) < 5 || len(b.sent) > 50 {
			t.Fatalf("%d letters were tried, want some of 200", len(b.sent))
		}
		b.add(1, 1)
		b.s.Wake()
		b.wait(2 * time.Second)
		if !slices.Contains(b.bodies(), body(1, 1)) {
			t.Errorf("a report waited behind dead letters: %d tries before it", len(b.sent))
		}
		b.wait(10 * time.Minute)
		if len(b.sent) != 201 {
			t.Errorf("sent %d times, want every letter and the report once", len(b.sent))
		}
	})
}
