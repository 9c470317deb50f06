package saas

import (
	"sync"
	"time"
)

// quiet bounds how often the same refusal is logged: whoever scans the internet, and
// a SaaS that repeats what it will never get through, must not fill the log. The
// metric counts each.
type quiet struct {
	mu   sync.Mutex
	last map[Verdict]time.Time
	left map[Verdict]int // refused since, and not logged
}

// The pauses between two lines about one verdict.
const (
	quietKnown    = time.Minute // on a path that was ours
	quietStranger = time.Hour
)

// say tells whether this refusal is logged, and how many like it were not before.
func (q *quiet) say(v Verdict, now time.Time) (yes bool, left int) {
	pause := quietKnown
	if v == VerdictForged || v == VerdictMethod {
		pause = quietStranger
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.last == nil {
		q.last, q.left = map[Verdict]time.Time{}, map[Verdict]int{}
	}
	if at, ok := q.last[v]; ok && now.Sub(at) < pause {
		q.left[v]++
		return false, 0
	}
	left = q.left[v]
	q.last[v], q.left[v] = now, 0
	return true, left
}
