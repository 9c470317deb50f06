package sender

import (
	"math"
	"time"
)

// Backoff draws the wait before try number attempt (from 1): uniformly between
// zero and base doubled with each attempt, at most cap ("full jitter"). rnd gives
// numbers in [0,1).
func Backoff(attempt int, base, cap time.Duration, rnd func() float64) time.Duration {
	top := base
	for i := 1; i < attempt && top < cap; i++ {
		top *= 2
	}
	return time.Duration(rnd() * float64(min(top, cap)))
}

// pace is the rate at which reports leave. Trouble cuts it to a half; from then on it
// grows with the time in which all goes well: fast back to where trouble came, slowly
// around there, fast again beyond (the curve of CUBIC, RFC 9438 §4.2). Gateways that
// share a SaaS come to the same rate by it, just above what the SaaS takes from each,
// and use what others leave. docs/decisions/014-pace.md has the figures.
type pace struct {
	top   float64   // per second
	knee  float64   // rate at which trouble came; 0: it never did
	since time.Time // of the first success behind it; zero: none yet
	next  time.Time // when the next token is there
}

const (
	minRate = 0.06 // one in 17 s, however bad it is
	halve   = 0.5
	// again is what is left of the knee when a request is turned away and the one
	// before was too: the rate is far too high still.
	again = 0.4
	// curve is how fast the rate moves, per second and second³: 60 s before and after the
	// knee it is 0.13 a second off.
	curve = 6e-7
)

func (p *pace) rate(now time.Time) float64 {
	switch {
	case p.knee == 0:
		return p.top
	case p.since.IsZero():
		return max(minRate, halve*p.knee)
	}
	x := now.Sub(p.since).Seconds() - math.Cbrt(p.knee*(1-halve)/curve)
	return min(p.top, max(minRate, p.knee+curve*x*x*x))
}

func (p *pace) success(now time.Time) {
	if p.since.IsZero() {
		p.since = now
	}
}

// trouble cuts the rate. A gateway that had not come back to the knee gives others
// room and lowers it further (fast convergence, RFC 9438 §4.7).
func (p *pace) trouble(now time.Time) {
	if p.knee != 0 && p.since.IsZero() {
		return // nothing was learned: no try has come through since
	}
	rate := p.rate(now)
	if rate < p.knee {
		rate *= (1 + halve) / 2
	}
	p.knee, p.since = max(minRate, rate), time.Time{}
}

// turnedAway is the trouble of a request that was not even read: it has used no token.
func (p *pace) turnedAway(now time.Time) {
	if p.knee != 0 && p.since.IsZero() {
		p.knee = max(minRate, p.knee*again)
	}
	p.trouble(now)
	p.next = time.Time{}
}

// take reserves the next token and says how long to wait for it.
func (p *pace) take(now time.Time) time.Duration {
	at := now
	if p.next.After(now) {
		at = p.next
	}
	p.next = at.Add(time.Duration(float64(time.Second) / p.rate(now)))
	return at.Sub(now)
}
