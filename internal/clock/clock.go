// Package clock owns the reading of time: boot id, time since boot, wall time and
// whether the wall time is to be believed; and the counting of powered-on time.
//
// It promises readings without error once a clock is made, and counters that no
// step of the wall clock can move. It decides nothing: deadlines belong to
// whoever compares two readings. Timers stay with package time.
package clock

import "time"

// Reading is one look at all clocks of the machine.
type Reading struct {
	// Boot identifies this boot of the machine. SinceBoot of two readings may be
	// compared only if their Boot is the same.
	Boot string
	// SinceBoot is monotonic and counts suspended time too.
	SinceBoot time.Duration
	// Awake is monotonic and stands still while the machine is suspended. Compare it
	// as SinceBoot.
	Awake time.Duration
	// Wall is UTC without a monotonic part. It may be decades off and may step:
	// for time stamps only.
	Wall time.Time
	// Synced tells that Wall was set from a time server in this boot.
	Synced bool
}

// Clock gives readings. It never blocks and is safe for concurrent use.
type Clock interface {
	Read() Reading
}

// VerifyTime is the time to check TLS certificates against: the latest of the
// wall clock, the build date of the program and the last time known to be good.
// A gateway that woke up in 1970 can so still reach its time server and the SaaS.
func VerifyTime(r Reading, buildDate, lastGood time.Time) time.Time {
	latest := r.Wall
	for _, t := range []time.Time{buildDate, lastGood} {
		if t.After(latest) {
			latest = t
		}
	}
	return latest
}
