package purchase

import "time"

// Stamp is the time of an event on every clock that edged keeps, in
// milliseconds. Doors follow Mono, long waits Powered or Reach; Wall is for
// people only and decides nothing (M10).
type Stamp struct {
	Boot    string `json:"b,omitempty"` // boot id; Mono of another boot cannot be compared
	Mono    int64  `json:"m,omitempty"` // since boot, suspend included
	Powered int64  `json:"p,omitempty"` // powered-on time of this gateway, over all boots
	Reach   int64  `json:"r,omitempty"` // the part of Powered in which the SaaS could reach us
	Wall    int64  `json:"w,omitempty"` // Unix time
	Synced  bool   `json:"s,omitempty"` // the wall clock was synchronised
}

// ClockName says which clock of a Stamp a deadline runs on.
type ClockName string

// The clocks.
const (
	OnMono    ClockName = "mono"    // short, of one boot: over at once after a reboot
	OnPowered ClockName = "powered" // long, counts while the gateway has power
	OnReach   ClockName = "reach"   // long, counts while callbacks can arrive
)

// DeadlineName says what a deadline is for; at most one of each runs at a time.
type DeadlineName string

// The deadlines.
const (
	DueOpen       DeadlineName = "open"        // last moment to send OpenDoor (M5)
	DueOpenRetry  DeadlineName = "open_retry"  // next try of an OpenDoor that never left
	DueResolve    DeadlineName = "resolve"     // OpenDoor in doubt: no sign until then
	DueDetect     DeadlineName = "detect"      // the next callback is late: ask and alarm
	DueDecision   DeadlineName = "decision"    // no decision until then
	DueDoorRemind DeadlineName = "door_remind" // door open: remind the customer
	DueDoorAlarm  DeadlineName = "door_alarm"  // door open: tell the operator
	DueHoldAlarm  DeadlineName = "hold_alarm"  // three quarters of the hold's life are over
	DueHoldTTL    DeadlineName = "hold_ttl"    // the issuer drops the hold
	DueHoldGrace  DeadlineName = "hold_grace"  // and a command that was under way then has not ended
	DueMoneyRetry DeadlineName = "money_retry" // next try of a capture, release or enquiry
	DueSession    DeadlineName = "session"     // a terminal session ends by itself (MDB)
)

// Deadline is a moment on one clock.
type Deadline struct {
	Name  DeadlineName `json:"n"`
	Clock ClockName    `json:"c"`
	Boot  string       `json:"b,omitempty"` // of OnMono
	At    int64        `json:"at"`          // milliseconds on that clock
}

// Left is the time from now until d on its own clock; zero or less means over.
// A deadline on the monotonic clock of another boot is over.
func (d Deadline) Left(now Stamp) time.Duration {
	var at int64
	switch d.Clock {
	case OnMono:
		if d.Boot != now.Boot {
			return 0
		}
		at = now.Mono
	case OnPowered:
		at = now.Powered
	case OnReach:
		at = now.Reach
	}
	return time.Duration(d.At-at) * time.Millisecond
}

// Over says whether d has passed.
func (d Deadline) Over(now Stamp) bool { return d.Left(now) <= 0 }

func deadline(name DeadlineName, clock ClockName, now Stamp, in time.Duration) Deadline {
	d := Deadline{Name: name, Clock: clock}
	switch clock {
	case OnMono:
		d.Boot, d.At = now.Boot, now.Mono
	case OnPowered:
		d.At = now.Powered
	case OnReach:
		d.At = now.Reach
	}
	d.At += in.Milliseconds()
	return d
}
