package mqtt

import (
	"math/rand/v2"
	"time"
)

// steady is how long a connection must hold for the next one to be tried at once
// again: a second gateway of the same name ends ours as soon as it stands.
const steady = time.Minute

// backoff is the wait before the try behind attempt failures: full jitter (DESIGN §4)
// over a span that doubles, never nothing.
func backoff(attempt int, base, limit time.Duration) time.Duration {
	span := limit
	if attempt < 30 && base<<attempt > 0 {
		span = min(base<<attempt, limit)
	}
	return base/10 + rand.N(span)
}
