package mqtt

import (
	"testing"

	"go.uber.org/goleak"
)

// TestMain: nothing of a connection outlives it, paho's goroutines included.
func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
