package zvtterm

import (
	"testing"

	"edged/internal/money"
	"edged/internal/purchase"
)

func TestWhatACaptureSends(t *testing.T) {
	full := hold123
	full.Trace, full.Auth = "000077", "4142433132330000"
	long := hold123
	long.Trace = "0012345678"
	tests := []struct {
		name    string
		capture Capture
		hold    purchase.Hold
		amount  money.Minor
		want    string
	}{
		{"partial reversal gives the rest back", CapturePartialReversal, hold123, 1735, "06 23 0D 87 01 23 04 00 00 00 00 32 65 49 09 78"},
		{"book total takes the amount", CaptureBookTotal, hold123, 1735, "06 24 19 87 01 23 04 00 00 00 00 17 35 49 09 78 0C 12 34 56 0D 01 02 29 52 50 00 01"},
		{"the whole hold by giving back zero", CapturePartialReversal, hold123, 5000, "06 23 0D 87 01 23 04 00 00 00 00 00 00 49 09 78"},
		{"the whole hold by taking it", CaptureBookTotal, hold123, 5000, "06 24 19 87 01 23 04 00 00 00 00 50 00 49 09 78 0C 12 34 56 0D 01 02 29 52 50 00 01"},
		{"nothing by giving back all", CapturePartialReversal, hold123, 0, "06 23 0D 87 01 23 04 00 00 00 00 50 00 49 09 78"},
		{"trace and approval code go along", CapturePartialReversal, full, 1735, "06 23 1A 87 01 23 04 00 00 00 00 32 65 49 09 78 0B 00 00 77 3B 41 42 43 31 32 33 00 00"},
		{"a long trace goes in a container", CapturePartialReversal, long, 1735, "06 23 17 87 01 23 04 00 00 00 00 32 65 49 09 78 06 08 1F 2B 05 00 12 34 56 78"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(purchase.CmdCapture, 1, int64(tt.amount), tt.hold)
			script := "> " + tt.want + "\n" + yes + "< 04 0F 09 27 00 87 01 24 0B 00 00 78\n" + ok + complete
			got, eng := play(t, script, cmd, func(o *Options) { o.Capture = tt.capture })
			got.Slip = nil // see TestTheCustomersReceipt
			if want := (purchase.Ended{Command: cmd.ID, What: cmd.Kind, Outcome: purchase.Done, Acked: true, CardSeen: true}); !sameEnd(got, want) {
				t.Errorf("ended %+v, want %+v", got, want)
			}
			events, _ := eng.all()
			var captured purchase.Captured
			for _, ev := range events {
				if b, ok := ev.Body.(purchase.Captured); ok {
					captured = b
				}
			}
			if want := (purchase.Captured{Command: cmd.ID, Amount: tt.amount, Receipt: "0124", Trace: "000078"}); captured != want {
				t.Errorf("posted %+v, want %+v", captured, want)
			}
		})
	}
}

func TestWhatMustNotGoOut(t *testing.T) {
	other := hold123
	other.Terminal = "99999999"
	none := hold123
	none.Receipt = ""
	letters := hold123
	letters.Receipt = "12A4"
	code := hold123
	code.Auth = "not hex"
	trace := hold123
	trace.Trace = "00123456789"
	tests := []struct {
		name string
		cmd  purchase.TerminalCommand
	}{
		{"a long trace that was damaged", settleCommand(purchase.CmdCapture, 1, 100, trace)},
		{"a capture of another terminal's hold", settleCommand(purchase.CmdCapture, 1, 100, other)},
		{"a release of another terminal's hold", settleCommand(purchase.CmdRelease, 1, 0, other)},
		{"a capture of more than the hold", settleCommand(purchase.CmdCapture, 1, 5001, hold123)},
		{"a capture of less than nothing", settleCommand(purchase.CmdCapture, 1, -1, hold123)},
		{"a release without a receipt", settleCommand(purchase.CmdRelease, 1, 0, none)},
		{"a receipt that is no number", settleCommand(purchase.CmdCapture, 1, 100, letters)},
		{"an approval code that was damaged", settleCommand(purchase.CmdCapture, 1, 100, code)},
		{"a reversal without a receipt", settleCommand(purchase.CmdReverse, 1, 100, hold123)},
		{"a hold of nothing", purchase.TerminalCommand{ID: "a/arm/1", Kind: purchase.CmdArm, Order: order, Currency: "EUR"}},
		{"another currency", purchase.TerminalCommand{ID: "a/arm/1", Kind: purchase.CmdArm, Order: order, Amount: 5000, Currency: "USD"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := play(t, "e", tt.cmd, nil)
			if got.Outcome != purchase.NotDone || got.Reason != purchase.ReasonConfig {
				t.Errorf("ended %+v, want not done because of config", got)
			}
		})
	}
}

func TestHowASettlingCommandEnds(t *testing.T) {
	release := "> 06 25 06 87 01 23 49 09 78\n"
	reverse := "> 06 30 10 00 00 00 87 01 24 04 00 00 00 00 17 35 49 09 78\n"
	tests := []struct {
		name   string
		kind   purchase.CommandKind
		script string
		want   purchase.Outcome
		reason purchase.Reason
	}{
		{"released", purchase.CmdRelease, release + yes + "< 04 0F 05 27 00 87 02 32\n" + ok + complete, purchase.Done, ""},
		{"released already", purchase.CmdRelease, release + yes + "< 04 0F 02 27 B4\n" + ok + "< 06 1E 01 B4\n" + ok, purchase.NotDone, purchase.ReasonNotOpen},
		{"not to be released", purchase.CmdRelease, release + yes + "< 06 1E 01 B8\n" + ok, purchase.NotDone, purchase.ReasonNotOpen},
		{"a debit card cannot be released", purchase.CmdRelease, release + yes + "< 06 1E 01 67\n" + ok, purchase.NotDone, purchase.ReasonUnsupported},
		{"the host is away", purchase.CmdRelease, release + yes + "< 06 1E 01 9B\n" + ok, purchase.NotDone, purchase.ReasonHostOffline},
		{"reversed", purchase.CmdReverse, reverse + yes + "< 04 0F 0C 27 00 04 00 00 00 00 17 35 87 02 32\n" + ok + complete, purchase.Done, ""},
		{"a reversal of another amount is refused", purchase.CmdReverse, reverse + yes + "< 04 0F 0C 27 00 04 00 00 00 00 99 99 87 02 32\n" + refused + timedOut, purchase.NotDone, purchase.ReasonRefused},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(tt.kind, 1, 1735, hold123)
			if tt.kind == purchase.CmdReverse {
				cmd.Receipt = "0124"
			}
			if got, _ := play(t, tt.script, cmd, nil); got.Outcome != tt.want || got.Reason != tt.reason {
				t.Errorf("ended %+v, want %s because of %q", got, tt.want, tt.reason)
			}
		})
	}
}
