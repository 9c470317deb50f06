package saassim

import (
	"math/big"
	"strings"
	"time"
)

// Line is one line of a recognition result.
type Line struct {
	ID         string `yaml:"id" json:"id"`                           // commodity id
	Name       string `yaml:"name" json:"name"`                       // commodity name
	Count      string `yaml:"count" json:"count"`                     // decimal; fractional by weight
	Meter      int    `yaml:"meter,omitempty" json:"meter,omitempty"` // 1 piece (0 too), 2 weight
	PriceMinor int64  `yaml:"price_minor" json:"price_minor"`         // of one
}

// TotalMinor is what the lines cost: price × count, rounded half up once a line.
// A count that is no number costs nothing.
func TotalMinor(lines []Line) int64 {
	total := int64(0)
	for _, l := range lines {
		n, ok := new(big.Rat).SetString(l.Count)
		if !ok {
			continue
		}
		n.Mul(n, new(big.Rat).SetInt64(l.PriceMinor))
		twice := new(big.Int).Add(new(big.Int).Lsh(n.Num(), 1), n.Denom())
		total += new(big.Int).Div(twice, new(big.Int).Lsh(n.Denom(), 1)).Int64()
	}
	return total
}

// Decision is a verdict on an order: of the recognition or of the merchant.
type Decision struct {
	After  time.Duration `yaml:"after,omitempty" json:"after,omitempty"`   // how long it takes
	Failed bool          `yaml:"failed,omitempty" json:"failed,omitempty"` // Status=false
	Msg    string        `yaml:"msg,omitempty" json:"msg,omitempty"`       // the reason it gives
	Mode   int           `yaml:"mode,omitempty" json:"mode,omitempty"`     // 0 normal, 1 cancel, 2 interrupt
	Lines  []Line        `yaml:"lines,omitempty" json:"lines,omitempty"`   // none: what was taken
	Data   DataForm      `yaml:"data,omitempty" json:"data,omitempty"`     // form of Data; that of the service
}

// Shop lets an order run without a world: the doors move by themselves.
type Shop struct {
	OpenAfter  time.Duration `yaml:"open_after,omitempty" json:"open_after,omitempty"`   // from OpenDoor
	CloseAfter time.Duration `yaml:"close_after,omitempty" json:"close_after,omitempty"` // from the opening
	Take       []Line        `yaml:"take,omitempty" json:"take,omitempty"`               // what is missing when the door is closed
}

// Cancel says when an order is cancelled by the machine.
type Cancel string

// The moments of a Cancel.
const (
	CancelInsteadOfOpening Cancel = "instead_of_opening"
	CancelAfterOpening     Cancel = "after_opening" // an exception on closing
)

// Choices are all of them.
func (Cancel) Choices() []string {
	return []string{string(CancelInsteadOfOpening), string(CancelAfterOpening)}
}

// Script is what happens to one order. The zero value is a good day.
type Script struct {
	Name       string    `yaml:"name,omitempty" json:"name,omitempty"`               // for the reader of the ledger
	RefuseOpen string    `yaml:"refuse_open,omitempty" json:"refuse_open,omitempty"` // Status=false with this message
	PreOpen    bool      `yaml:"pre_open,omitempty" json:"pre_open,omitempty"`       // post PreOpenDoor first
	Cancel     Cancel    `yaml:"cancel,omitempty" json:"cancel,omitempty"`           // the machine cancels
	Shop       *Shop     `yaml:"shop,omitempty" json:"shop,omitempty"`               // what happens at the door
	NoDetect   bool      `yaml:"no_detect,omitempty" json:"no_detect,omitempty"`     // recognition never answers
	Detect     *Decision `yaml:"detect,omitempty" json:"detect,omitempty"`           // what recognition says; none: what was taken
	Settle     *Decision `yaml:"settle,omitempty" json:"settle,omitempty"`           // the merchant decides; after counts from the recognition
	Contradict *Decision `yaml:"contradict,omitempty" json:"contradict,omitempty"`   // a second OrderDetected
	// Adjust and Refund follow the acknowledged report of a payment.
	Adjust    *Claim          `yaml:"adjust,omitempty" json:"adjust,omitempty"`       // the merchant wants more, once the payment is reported
	Refund    *Claim          `yaml:"refund,omitempty" json:"refund,omitempty"`       // the merchant gives back, once the payment is reported
	Calls     []CallFault     `yaml:"calls,omitempty" json:"calls,omitempty"`         // what goes wrong with the calls of this order
	Callbacks []CallbackFault `yaml:"callbacks,omitempty" json:"callbacks,omitempty"` // what goes wrong with its callbacks
	Keys      KeyForm         `yaml:"keys,omitempty" json:"keys,omitempty"`           // case of the names in its callbacks; that of the service
}

// Claim is a merchant's wish for more or for less money.
type Claim struct {
	After  time.Duration `yaml:"after,omitempty" json:"after,omitempty"`   // from the acknowledged report
	Lines  []Line        `yaml:"lines" json:"lines"`                       // for what
	Remark string        `yaml:"remark,omitempty" json:"remark,omitempty"` // of a refund
}

// CallKind names a way for a call to go wrong.
type CallKind string

// What can go wrong with a call. Each may happen before or after the SaaS has
// taken it (CallFault.Accepted).
const (
	Drop      CallKind = "drop"  // the connection ends without an answer
	Delay     CallKind = "delay" // For, then the true answer
	Hang      CallKind = "hang"  // no answer for as long as the client waits
	Status    CallKind = "status"
	BodyCode  CallKind = "body_code" // HTTP 200, Code in the envelope
	HTML      CallKind = "html"
	Truncated CallKind = "truncated"
	DataText  CallKind = "data_string"
	DataNull  CallKind = "data_null"
	PascalKey CallKind = "pascal"
	CamelKey  CallKind = "camel"
)

// Choices are all of them.
func (CallKind) Choices() []string {
	return []string{string(Drop), string(Delay), string(Hang), string(Status), string(BodyCode), string(HTML), string(Truncated), string(DataText), string(DataNull), string(PascalKey), string(CamelKey)}
}

// CallFault is one scripted misbehaviour of a call.
type CallFault struct {
	Call       string        `yaml:"call,omitempty" json:"call,omitempty"`               // "" is every call
	Kind       CallKind      `yaml:"kind" json:"kind"`                                   // what goes wrong
	Accepted   bool          `yaml:"accepted,omitempty" json:"accepted,omitempty"`       // it takes effect all the same
	Skip       int           `yaml:"skip,omitempty" json:"skip,omitempty"`               // let so many calls pass first
	Times      int           `yaml:"times,omitempty" json:"times,omitempty"`             // 0 is once, -1 always
	For        time.Duration `yaml:"for,omitempty" json:"for,omitempty"`                 // of delay: how long
	Code       int           `yaml:"code,omitempty" json:"code,omitempty"`               // of status, html (HTTP) and body_code (envelope)
	RetryAfter string        `yaml:"retry_after,omitempty" json:"retry_after,omitempty"` // of status: that header
}

// transforms says whether only the form of a true answer is changed.
func (k CallKind) transforms() bool {
	switch k {
	case Delay, Truncated, DataText, DataNull, PascalKey, CamelKey:
		return true
	default:
		return false
	}
}

// CallbackKind names a way for a callback to go wrong.
type CallbackKind string

// What can go wrong with a callback.
const (
	Never    CallbackKind = "never"
	Twice    CallbackKind = "twice"
	Late     CallbackKind = "late"     // For later, the others do not wait for it
	Unknown  CallbackKind = "unknown"  // a copy for an order nobody has heard of goes first
	Garbled  CallbackKind = "garbled"  // something unreadable goes first
	Forged   CallbackKind = "forged"   // somebody without the secret decides and cancels first
	Huge     CallbackKind = "huge"     // ten megabytes go first
	Replayed CallbackKind = "replayed" // the same comes again For later
)

// Choices are all of them.
func (CallbackKind) Choices() []string {
	return []string{string(Never), string(Twice), string(Late), string(Unknown), string(Garbled), string(Forged), string(Huge), string(Replayed)}
}

// CallbackFault is one scripted misbehaviour of a callback.
type CallbackFault struct {
	Action string        `yaml:"action,omitempty" json:"action,omitempty"` // "" is every callback
	Kind   CallbackKind  `yaml:"kind" json:"kind"`                         // what goes wrong
	For    time.Duration `yaml:"for,omitempty" json:"for,omitempty"`       // of late and replayed: how long
}

// match says whether a fault is for that name. Names are compared without case.
func match(pattern, name string) bool { return pattern == "" || strings.EqualFold(pattern, name) }

// AddScript arms scripts for the next orders on that machine and door, in order.
func (s *Sim) AddScript(machineID string, door int, scripts ...Script) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := doorKey{machineID, door}
	s.scripts[k] = append(s.scripts[k], scripts...)
}

// ClearScripts disarms the scripts of a door that no order has taken.
func (s *Sim) ClearScripts(machineID string, door int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.scripts, doorKey{machineID, door})
}

// AddFault arms faults for calls of any order.
func (s *Sim) AddFault(faults ...CallFault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, armed(faults)...)
}

// ClearFaults disarms what AddFault armed and has not happened.
func (s *Sim) ClearFaults() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = nil
}

func armed(faults []CallFault) []*CallFault {
	var all []*CallFault
	for _, f := range faults {
		if f.Times == 0 {
			f.Times = 1
		}
		all = append(all, &f)
	}
	return all
}

// due takes the first fault for the call that happens now.
func due(faults []*CallFault, call string) (CallFault, bool) {
	var hit *CallFault
	for _, f := range faults {
		switch {
		case f.Times == 0 || !match(f.Call, call):
		case f.Skip > 0:
			f.Skip--
		case hit == nil:
			hit = f
		}
	}
	if hit == nil {
		return CallFault{}, false
	}
	now := *hit
	hit.Times = max(hit.Times-1, -1)
	return now, true
}
