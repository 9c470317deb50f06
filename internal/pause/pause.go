// Package pause lets a goroutine wait until a time is over or it is told to stop.
package pause

import (
	"context"
	"time"
)

// For blocks for d. It is false if ctx has ended, even in the same moment.
func For(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
