package zvtterm

import (
	"context"
	"testing"

	"edged/internal/purchase"
)

// TestWhatCannotBeReadIsDurableBeforeItIsAcknowledged: a vendor's addition must not
// fail a payment (section 5), and may say something about money all the same. So it is
// in the event whose commit the terminal waits for, with card data cut.
func TestWhatCannotBeReadIsDurableBeforeItIsAcknowledged(t *testing.T) {
	tests := []struct {
		name   string
		cmd    purchase.TerminalCommand
		script string
		unread func(purchase.Body) (string, bool)
		want   string
	}{
		{
			"a hold", armCommand(1),
			arm50 + yes + "< 04 0F 16 27 00 04 00 00 00 00 50 00 87 01 23 C7 01 02 04 00 00 00 00 40 00\n",
			func(b purchase.Body) (string, bool) { g, ok := b.(purchase.HoldGranted); return g.Unread, ok },
			"c70102040000000040" + "00",
		},
		{
			"a capture", settleCommand(purchase.CmdCapture, 1, 1735, hold123),
			"> 06 23 0D 87 01 23 04 00 00 00 00 32 65 49 09 78\n" + yes + "< 04 0F 08 27 00 87 01 24 C7 01 02\n",
			func(b purchase.Body) (string, bool) { g, ok := b.(purchase.Captured); return g.Unread, ok },
			"c70102",
		},
		{
			"a release", settleCommand(purchase.CmdRelease, 1, 0, hold123),
			"> 06 25 06 87 01 23 49 09 78\n" + yes + "< 04 0F 08 27 00 87 01 24 C7 01 02\n",
			func(b purchase.Body) (string, bool) { g, ok := b.(purchase.Released); return g.Unread, ok },
			"c70102",
		},
		{
			"a card number in it is cut", settleCommand(purchase.CmdRelease, 1, 0, hold123),
			"> 06 25 06 87 01 23 49 09 78\n" + yes + "< 04 0F 11 27 00 87 01 24 C7 22 F0 F8 47 61 73 90 01 01 01 19\n",
			func(b purchase.Body) (string, bool) { g, ok := b.(purchase.Released); return g.Unread, ok },
			"c722f0f8476173eeeeee0119",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eng := &engine{changed: make(chan struct{})}
			before := ""
			eng.answer = func(_ context.Context, ev purchase.Event) (purchase.Verdict, error) {
				if s, ok := tt.unread(ev.Body); ok {
					before = s // the script's 80 00 00 comes behind this
				}
				return purchase.Accept, nil
			}
			end, _ := playTo(t, eng, tt.script+ok+complete, tt.cmd, nil)
			if end.Outcome != purchase.Done || before != tt.want {
				t.Errorf("ended %s with %q unread, want done with %q", end.Outcome, before, tt.want)
			}
		})
	}
}
