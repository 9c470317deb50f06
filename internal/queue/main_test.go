package queue

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain sees to it that every writer goroutine has ended.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
