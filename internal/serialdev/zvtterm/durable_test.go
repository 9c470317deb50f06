package zvtterm

import (
	"context"
	"testing"
	"time"

	"edged/internal/purchase"
)

// TestAResultThatIsNotDurableEndsTheLineInSilence: nothing but the end of the line
// may come after the approval, and before the terminal stops waiting (T3, 5 s).
func TestAResultThatIsNotDurableEndsTheLineInSilence(t *testing.T) {
	tests := []struct {
		name   string
		script string
		answer func(context.Context) (purchase.Verdict, error)
		holds  int
	}{
		{"the store fails", "e", func(context.Context) (purchase.Verdict, error) { return "", errStore }, 0},
		{"the store gives up in time", "= 3.9s\ne", func(ctx context.Context) (purchase.Verdict, error) {
			<-ctx.Done()
			return "", ctx.Err()
		}, 0},
		{"the store commits too late", "= 3.9s\n! 200ms", func(context.Context) (purchase.Verdict, error) {
			time.Sleep(time.Minute)
			return purchase.Accept, nil
		}, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			eng := &engine{}
			eng.answer = func(ctx context.Context, ev purchase.Event) (purchase.Verdict, error) {
				if ev.Body.Kind() == purchase.KindHoldGranted {
					return tt.answer(ctx)
				}
				return purchase.Accept, nil
			}
			cmd := armCommand(1)
			end, _ := playTo(t, eng, arm50+yes+approved+tt.script, cmd, nil)
			if end.Outcome != purchase.InDoubt || end.Acked || !end.CardSeen {
				t.Errorf("ended %+v, want in doubt, not acked, card seen", end)
			}
			if n := len(eng.ackedIDs()); n != 0 {
				t.Errorf("acked %d times, want never", n)
			}
			if n := eng.count(purchase.KindHoldGranted, cmd.ID); n != tt.holds {
				t.Errorf("%d holds became durable, want %d", n, tt.holds)
			}
		})
	}
}
