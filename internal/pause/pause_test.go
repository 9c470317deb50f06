package pause

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestForEndsWithItsTimeOrItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		if !For(t.Context(), time.Minute) || time.Since(begun) != time.Minute {
			t.Errorf("it took %v, want a minute", time.Since(begun))
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if For(ctx, time.Hour) || time.Since(begun) != time.Minute+time.Second {
			t.Errorf("stopped after %v, want a second behind the minute", time.Since(begun))
		}
		if For(ctx, 0) {
			t.Error("it goes on for somebody who has been told to stop")
		}
	})
}
