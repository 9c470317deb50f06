package clock

import "time"

// maxOff is the longest time without power that is believed. Nothing in edged
// waits longer than orders are kept (400 days); a "synchronised" clock that
// jumped by decades over a reboot therefore adds nothing.
const maxOff = 400 * 24 * time.Hour

// Powered counts how long this gateway has had power, over reboots, and how long
// of that the SaaS could reach it. It is a value: At returns the advanced counter,
// the JSON form is what is stored. The zero value starts counting at its first At.
//
//   - Within one boot the difference of SinceBoot counts, suspend included. Nobody can
//     reach a gateway that is suspended: Reachable counts only while it is awake.
//   - Over a reboot the time since that boot counts, and what lay between the last
//     At before the cut and the boot only if the clock was synced before and is
//     synced after (also when it gets synced minutes later, or boots later).
//   - Wall steps within a boot never count; the counters never go back.
type Powered struct {
	// On and Reachable are the two counters.
	On        time.Duration `json:"on_ns"`
	Reachable time.Duration `json:"reachable_ns"`

	// Boot and SinceBoot are the reading On was last advanced to.
	Boot      string        `json:"boot"`
	SinceBoot time.Duration `json:"since_boot_ns"`
	Awake     time.Duration `json:"awake_ns,omitempty"`
	// Up tells whether the time from that reading on is reachable time.
	Up bool `json:"up"`
	// Anchor is the last synced reading.
	Anchor Anchor `json:"anchor"`
}

// Anchor ties the counter to a believable wall time.
type Anchor struct {
	Boot      string        `json:"boot"`
	UnixMilli int64         `json:"unix_ms"`
	On        time.Duration `json:"on_ns"`
}

// At advances the counters to the reading r.
// A reading older than the last one changes nothing.
func (p Powered) At(r Reading) Powered {
	elapsed := p.elapsed(r)
	if elapsed < 0 {
		return p
	}
	p.On += elapsed
	if p.Boot == r.Boot {
		if p.Up {
			p.Reachable += min(elapsed, max(0, r.Awake-p.Awake))
		}
	} else {
		p.Up = false
	}
	p.Boot, p.SinceBoot, p.Awake = r.Boot, r.SinceBoot, r.Awake
	if r.Synced {
		p.On += p.off(r)
		p.Anchor = Anchor{Boot: r.Boot, UnixMilli: r.Wall.UnixMilli(), On: p.On}
	}
	return p
}

// SetReachable advances to r and says whether the time from r on is reachable
// time. A reboot says no by itself.
func (p Powered) SetReachable(r Reading, up bool) Powered {
	p = p.At(r)
	p.Up = up
	return p
}

// elapsed is the powered time between the last reading and r.
func (p Powered) elapsed(r Reading) time.Duration {
	switch p.Boot {
	case "":
		return 0
	case r.Boot:
		return r.SinceBoot - p.SinceBoot
	default:
		return r.SinceBoot
	}
}

// off is the time without power since the anchor: wall time passed less powered
// time counted. Only over a reboot, and only within what is believable.
func (p Powered) off(r Reading) time.Duration {
	if p.Anchor.Boot == "" || p.Anchor.Boot == r.Boot {
		return 0
	}
	passed := r.Wall.Sub(time.UnixMilli(p.Anchor.UnixMilli))
	off := passed - (p.On - p.Anchor.On)
	if off < 0 || off > maxOff {
		return 0
	}
	return off
}
