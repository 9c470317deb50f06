package audit

import (
	"strings"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

// maxOpens: an OpenDoor in doubt is repeated once.
const maxOpens = 2

// doorNeedsHold is M1.
func (a *auditor) doorNeedsHold(s *sale) {
	if len(s.opens) == 0 {
		return
	}
	first := s.opens[0]
	switch h := s.hold; {
	case s.order == nil:
		a.find("M1", s, "OpenDoor was received and edged has no such order")
	case h == nil:
		a.find("M1", s, "OpenDoor was received and the terminal has no hold of the order")
	case !a.acknowledgedBy(s, first.Add(slack)):
		a.find("M1", s, "OpenDoor was received before the terminal had the acknowledgement of hold %04d", h.Receipt)
	}
}

// acknowledgedBy says whether our acknowledgement of the approval had reached the
// terminal. It need not have booked: a power cut may come in between.
func (a *auditor) acknowledgedBy(s *sale, t time.Time) bool {
	if at := s.hold.AckedAt; !at.IsZero() && !at.After(t) {
		return true
	}
	for _, e := range a.Terminals[s.lane].Events {
		positive := e.Kind == readersim.Answered || e.Kind == readersim.Wire && e.Dir == "rx" && strings.HasPrefix(e.Command, "80 ")
		if positive && e.Tx == s.hold.ID && e.Code == 0 && !e.At.After(t) {
			return true
		}
	}
	return false
}

// doorInTime is M5.
func (a *auditor) doorInTime(s *sale) {
	if s.hold == nil {
		return
	}
	approved := s.hold.AuthorisedAt
	if n := len(s.hold.SentAt); n > 0 {
		approved = s.hold.SentAt[n-1]
	}
	const travel = 500 * time.Millisecond
	for _, at := range s.opens {
		if late := at.Sub(approved) - a.OpenDeadline; late > travel {
			a.find("M5", s, "OpenDoor was received %v after its deadline", late.Round(time.Millisecond))
		}
		if point, ok := a.killedBetween(approved, at); ok {
			a.find("M5", s, "OpenDoor was sent after a restart (killed at %q)", point)
		}
	}
}

// killedBetween says whether the gateway was killed after t, long enough before at
// that what arrived then was sent by a new process.
func (a *auditor) killedBetween(t, at time.Time) (string, bool) {
	for _, k := range a.World.Kills {
		if k.At.After(t) && at.Sub(k.At) > a.RestartPause && !a.underWay(k.Note, k.At, at) {
			return k.Note, true
		}
	}
	return "", false
}

// underWay says whether the request at t is the one whose arrival was the point of
// the kill: it is written down after it.
func (a *auditor) underWay(point string, kill, t time.Time) bool {
	if !strings.HasSuffix(point, saassim.CallOpenDoor+saassim.PointReceived) {
		return false
	}
	for _, e := range a.SaaS.Events {
		if e.Kind == saassim.RequestSeen && e.Call == saassim.CallOpenDoor && e.At.After(kill) {
			return came(e).Equal(t)
		}
	}
	return false
}

// doorRepeats is M7 of OpenDoor.
func (a *auditor) doorRepeats(s *sale) {
	if len(s.opens) > maxOpens {
		a.find("M7", s, "OpenDoor was received %d times", len(s.opens))
	}
	if len(s.opens) < 2 || s.saas == nil {
		return
	}
	for _, c := range s.saas.Callbacks {
		if !c.Noise && !c.TakenAt.IsZero() && s.opens[len(s.opens)-1].Sub(c.TakenAt) > slack {
			a.find("M7", s, "OpenDoor was repeated although %s had been taken", c.Action)
			return
		}
	}
}
