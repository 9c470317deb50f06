package sender

import "time"

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

// pace is an additive-increase, multiplicative-decrease rate: a token every
// 1/rate, the rate halved by trouble and raised a little by every success.
type pace struct {
	rate, top float64 // per second
	next      time.Time
}

const (
	minRate  = 0.05 // one in 20 s, however bad it is
	rateStep = 0.1
)

func (p *pace) success() { p.rate = min(p.top, p.rate+rateStep) }

func (p *pace) trouble() { p.rate = max(minRate, p.rate/2) }

// take reserves the next token and says how long to wait for it.
func (p *pace) take(now time.Time) time.Duration {
	at := now
	if p.next.After(now) {
		at = p.next
	}
	p.next = at.Add(time.Duration(float64(time.Second) / p.rate))
	return at.Sub(now)
}
