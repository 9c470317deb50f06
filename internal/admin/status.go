package admin

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/screen"
)

// Status is everything at a glance.
type Status struct {
	Now         time.Time   `json:"now"`
	Gateway     string      `json:"gateway"`
	Site        string      `json:"site"`
	Version     string      `json:"version"`
	StartedAt   time.Time   `json:"started_at"`
	ClockSynced bool        `json:"clock_synced"`
	Fallback    bool        `json:"config_fallback"` // the file is invalid: it runs on the last valid one
	Lanes       []Lane      `json:"lanes"`
	Money       []Money     `json:"money"` // in flight, per currency
	Queue       Queue       `json:"queue"`
	Devices     []Device    `json:"devices"`
	SaaS        SaaS        `json:"saas"`
	Tasks       []TaskCount `json:"tasks"`
	Problems    []string    `json:"problems"` // what somebody should look at; empty: all is well
}

// Lane is one lane.
type Lane struct {
	Lane       string     `json:"lane"`
	Selling    bool       `json:"selling"`
	Reasons    []Reason   `json:"reasons"` // against selling
	Armed      bool       `json:"armed"`
	CardSeen   bool       `json:"card_seen"`
	LimitMinor int64      `json:"limit_minor"` // held from the next card
	Currency   string     `json:"currency"`
	Restock    string     `json:"restock"`         // "", asked, opening, open, closed
	Order      *LaneOrder `json:"order,omitempty"` // the last customer's
	Terminal   Terminal   `json:"terminal"`
	// RestockRefused is the last restock that could not start, since the start.
	RestockRefused *RestockRefused `json:"restock_refused,omitempty"`
}

// Terminal is what is known of a lane's terminal.
type Terminal struct {
	Up         bool     `json:"up"`
	TerminalID string   `json:"terminal_id"` // "": it has not registered yet
	Doing      string   `json:"doing"`       // the command it carries out; "": none
	Wants      string   `json:"wants"`       // what its status asks for: end_of_day, maintain
	Waiting    int      `json:"waiting"`     // commands that wait for it
	OpenHolds  int      `json:"open_holds"`
	MaxHolds   int      `json:"max_holds"`
	Strange    []string `json:"unknown_receipts"` // of open holds no order here knows
	EndOfDay   string   `json:"end_of_day"`       // local date of the last one; "asked": one is to run
}

// RestockRefused says why a restock could not start.
type RestockRefused struct {
	Why string    `json:"why"`
	At  time.Time `json:"at"`
}

// Reason says why a lane does not sell; Code is what its display shows. A reason of
// the business passes by itself and is no problem.
type Reason struct {
	Reason    string       `json:"reason"`
	Code      string       `json:"code"`
	ErrorCode errcode.Code `json:"error_code"`
	Business  bool         `json:"business"`
}

// LaneOrder is the order a lane is about, in short.
type LaneOrder struct {
	OrderID string `json:"order_id"`
	Phase   string `json:"phase"`
	Outcome string `json:"outcome"`
}

// Money is what is on its way in one currency.
type Money struct {
	Currency   string `json:"currency"`
	OpenHolds  int    `json:"open_holds"`
	HeldMinor  int64  `json:"held_minor"`
	InReview   int    `json:"in_review"`      // orders that wait for a person at the SaaS
	Unreported int    `json:"unreported"`     // orders whose reports are not all acknowledged
	OpenOrders int    `json:"orders_in_work"` // with a card, and not closed
}

// Queue is the store and what waits in it.
type Queue struct {
	Reports    int64     `json:"reports"` // waiting to be sent
	Waiting    int       `json:"waiting"` // for the SaaS's order number
	Dead       int64     `json:"dead"`
	OldestAt   time.Time `json:"oldest_at,omitzero"` // outcome of the oldest order that is not reported
	Events     int64     `json:"events"`             // telemetry spool
	StoreError string    `json:"store_error"`        // why nothing is committed; "": all is well
	// ErrorCode is that of StoreError.
	ErrorCode    errcode.Code `json:"error_code,omitempty"`
	StoreBytes   int64        `json:"store_bytes"`
	DiskFree     int64        `json:"disk_free_bytes"` // -1: unknown
	ReserveReady bool         `json:"reserve_intact"`
	Quarantined  int          `json:"quarantined"`          // damaged records set aside since the start
	Damage       string       `json:"damage,omitempty"`     // why the database was replaced at the start; "": it was sound
	KeptAside    []string     `json:"kept_aside,omitempty"` // damaged databases, until a person removes them
}

// Device is one device of a lane.
type Device struct {
	Lane   string `json:"lane"`
	Device string `json:"device"` // terminal, display, badge
	Driver string `json:"driver"`
	Port   string `json:"port"`
	Up     bool   `json:"up"`
	Why    string `json:"why,omitempty"` // it is down, in its driver's words; "" if that is not known
	// ErrorCode is that of Why.
	ErrorCode errcode.Code `json:"error_code,omitempty"`
}

// SaaS is the vendor's API.
type SaaS struct {
	BaseURL     string    `json:"base_url"`
	Reachable   bool      `json:"reachable"`
	LastSuccess time.Time `json:"last_success,omitzero"`
	LastFailure string    `json:"last_failure,omitempty"` // of the last call; "": it was answered
	// ErrorCode is that of LastFailure.
	ErrorCode errcode.Code `json:"error_code,omitempty"`
}

// TaskCount counts the tasks of one kind.
type TaskCount struct {
	Kind  string `json:"kind"`
	Count int    `json:"count"`
}

// ReasonsOf describes the reasons of a lane.
func ReasonsOf(why []lane.Reason) []Reason {
	out := []Reason{}
	for _, r := range why {
		out = append(out, Reason{Reason: string(r), Code: screen.Code(r), ErrorCode: r.ErrCode(), Business: business(r)})
	}
	return out
}

// business says that a reason belongs to the day's work, or that a person wanted it.
func business(r lane.Reason) bool {
	switch r {
	case lane.Starting, lane.NoRoom, lane.DoorOpen, lane.Restocking, lane.TerminalWork, lane.UnknownHolds, lane.Operator, lane.Draining:
		return true
	}
	return false
}

// FindProblems lists what somebody should look at.
func (s Status) FindProblems() []string {
	out := []string{}
	add := func(on bool, format string, args ...any) {
		if on {
			out = append(out, fmt.Sprintf(format, args...))
		}
	}
	add(s.Fallback, "the configuration is not valid: edged runs on the last valid one and sells nothing%s", coded(errcode.ConfigFallback))
	for _, l := range s.Lanes {
		reasons := l.problems()
		add(len(reasons) > 0, "lane %s is out of service: %s", l.Lane, strings.Join(reasons, ", "))
	}
	add(!s.SaaS.Reachable, "the SaaS cannot be reached%s%s", because(s.SaaS.LastFailure), coded(s.SaaS.ErrorCode))
	for _, d := range s.Devices {
		add(!d.Up, "lane %s: the %s does not answer%s%s", d.Lane, d.Device, because(d.Why), coded(d.code()))
	}
	add(s.Queue.StoreError != "", "the store commits nothing: %s%s", s.Queue.StoreError, coded(s.Queue.ErrorCode))
	add(!s.Queue.ReserveReady, "the disk reserve for money is not there%s", coded(errcode.StoreNoReserve))
	add(len(s.Queue.KeptAside) > 0, "the database was damaged%s; what could be read is used, the damaged one is kept as %s until somebody removes it%s",
		because(s.Queue.Damage), strings.Join(s.Queue.KeptAside, ", "), coded(errcode.StoreDamaged))
	add(s.Queue.Quarantined > 0, "damaged records were set aside: %d%s", s.Queue.Quarantined, coded(errcode.StoreBadRecord))
	add(s.Queue.Dead > 0, "dead letters: %d (edged queue ls)", s.Queue.Dead)
	add(len(s.Tasks) > 0, "tasks for a person: %s (edged task ls)", s.taskText())
	return out
}

// coded appends a code, if there is one.
func coded(c errcode.Code) string {
	if c == "" {
		return ""
	}
	return " [" + string(c) + "]"
}

// code is that of a device that is down.
func (d Device) code() errcode.Code {
	switch {
	case d.ErrorCode != "":
		return d.ErrorCode
	case d.Device == "display":
		return errcode.DisplayLost
	}
	return errcode.LaneTerminalDown
}

// because appends a reason, if there is one.
func because(why string) string {
	if why == "" {
		return ""
	}
	return ": " + why
}

func (l Lane) problems() (out []string) {
	for _, r := range l.Reasons {
		if !r.Business {
			out = append(out, r.Reason+" ("+r.Code+")")
		}
	}
	return out
}

func (s Status) taskText() string {
	counts := slices.SortedFunc(slices.Values(s.Tasks), func(a, b TaskCount) int { return strings.Compare(a.Kind, b.Kind) })
	parts := make([]string, len(counts))
	for i, c := range counts {
		parts[i] = fmt.Sprintf("%d %s", c.Count, c.Kind)
	}
	return strings.Join(parts, ", ")
}
