package transcript

import (
	"strings"
	"time"

	"edged/internal/money"
	"edged/internal/purchase"
)

// parse understands one directive. These are all there are; words in capitals
// stand for something, what is in brackets may be left out.
//
//	terms KEY=VALUE...                   before arm: see setTerms
//	arm
//	card                                 a card is presented
//	granted AMOUNT [receipt= terminal= currency=]
//	captured AMOUNT [receipt= n=]        results of a command; n: not of the newest
//	released [receipt= n=]
//	reversed AMOUNT [receipt= n=]
//	KIND ended OUTCOME [REASON] [acked] [card] [code= n=]
//	ask ended done [open | open=RECEIPT] [more] [terminal=] [last=RECEIPT booked=AMOUNT]
//	hold_found AMOUNT [receipt=]         the lane's word about an unclear order
//	hold_absent
//	open ANSWER [trans= msg= n=]         OpenDoor's answer
//	pre_open | opened | closed | cancel [no= msg=]
//	detected | settled nothing | COUNTxPRICE... [mode= failed bad= msg= no=]
//	adjusted NUMBER COUNTxPRICE... [bad= no=]
//	refund NUMBER COUNTxPRICE... [after_end_of_day] [bad= no=]
//	report N ok | refused [msg=]
//	due NAME                             told by hand; waiting tells it by itself
//	settle_now
//	person ACT [num= amount= n= note=]
//	abandon [why=]
//	attached | detached
//	again                                the event before, under another key
//	+DURATION [unreachable] [untold]     time passes, deadlines are told (or not yet)
//	restart | reboot
func (s *Script) parse(line string) (Line, error) {
	a, err := split(line)
	if err != nil {
		return Line{}, err
	}
	var l Line
	verb := a.word("")
	switch {
	case verb == "terms":
		l.terms = true
		s.setTerms(a)
	case verb == "again":
		l.Again = true
	case verb == "restart", verb == "reboot":
		l.Restart = &Restart{Reboot: verb == "reboot"}
	case strings.HasPrefix(verb, "+"):
		l.Wait = a.wait(verb)
	default:
		l.event = s.parseEvent(verb, a)
	}
	return l, a.done()
}

func (a *args) wait(verb string) *Wait {
	d, err := time.ParseDuration(verb[1:])
	if err != nil {
		a.fail("%q is no time", verb)
	}
	return &Wait{For: d, Unreachable: a.flag("unreachable"), Untold: a.flag("untold")}
}

// The currency and account of every script.
const (
	currency = money.Currency("EUR")
	account  = "https://saas.example P1"
)

// Order is the order of every script.
func Order() purchase.OrderID {
	return purchase.NewOrderID([16]byte{0xed, 0x6e, 0xd0, 15: 1})
}

// Terms are those of a script that does not set its own.
func Terms() purchase.Terms {
	return purchase.Terms{
		Lane: "front", MachineID: "M1", Door: 1, Limit: 5000, MinHold: 5000, Currency: currency,
		Terminal: "52500017", After: "0122", Account: account,
		OpenDeadline: 15 * time.Second, ResolveWindow: 10 * time.Minute, DetectWait: 2 * time.Minute,
		DecisionDeadline: 20 * time.Hour, DoorRemind: 90 * time.Second, DoorAlarm: 10 * time.Minute,
		HoldTTL: 120 * time.Hour, RetryBase: time.Second, RetryCap: 5 * time.Minute,
		OnDeadline: purchase.ReleaseOnDeadline, OverLimit: purchase.ReportPaid,
	}
}

// setTerms takes limit= min= (amounts), session= ttl= (times), deadline=keep,
// over=report_failed and reversal.
func (s *Script) setTerms(a *args) {
	t := &s.Terms
	if v := a.text("limit", ""); v != "" {
		t.Limit = a.minor(v)
		t.MinHold = t.Limit
	}
	if v := a.text("min", ""); v != "" {
		t.MinHold = a.minor(v)
	}
	t.HoldTTL = a.duration("ttl", t.HoldTTL)
	t.SessionLimit = a.duration("session", 0)
	if t.SessionLimit > 0 {
		t.HoldTTL = 0
	}
	t.OnDeadline = purchase.OnDeadline(a.text("deadline", string(t.OnDeadline)))
	t.OverLimit = purchase.OverLimit(a.text("over", string(t.OverLimit)))
	t.ReverseByReceipt = a.flag("reversal")
}

func (a *args) duration(key string, def time.Duration) time.Duration {
	v := a.text(key, "")
	if v == "" {
		return def
	}
	d, err := time.ParseDuration(v)
	if err != nil {
		a.fail("%s=%s is no time", key, v)
	}
	return d
}
