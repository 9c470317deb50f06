package saassim

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"edged/internal/logkey"
)

// The actions of callbacks (document V2 §11). CloseDoor is also called ClosedDoor.
const (
	ActionPreOpen  = "PreOpenDoor"
	ActionOpened   = "OpenedDoor"
	ActionClosed   = "CloseDoor"
	ActionCancel   = "Cancel"
	ActionDetected = "OrderDetected"
	ActionSettled  = "OrderSettlement"
	ActionAdjust   = "OrderAdjustment"
	ActionRefund   = "OrderRefund"
)

// Actions are the names that a CallbackFault takes.
func Actions() []string {
	return []string{
		ActionPreOpen, ActionOpened, ActionClosed, ActionCancel, ActionDetected, ActionSettled, ActionAdjust, ActionRefund,
	}
}

// callback is one to be queued.
type callback struct {
	action   string
	failed   bool
	msg      string
	data     any // object, or nil for an empty string
	form     DataForm
	after    time.Duration
	decision *Decision
	lines    []Line
	claimNo  string
}

func (s *Sim) keys(o *Order) KeyForm { return cmp.Or(o.Script.Keys, s.opt.Keys) }

// body writes a callback as the document's §11 has it.
func (s *Sim) body(o *Order, c callback, orderID string) json.RawMessage {
	keys := s.keys(o)
	data := json.RawMessage(`""`)
	if c.data != nil {
		data = inForm(c.data, cmp.Or(c.form, s.opt.Data), keys)
	}
	b := object{
		{"OrderId", orderID},
		{"OrderNo", o.OrderNo},
		{"TranseType", o.Transe},
		{"Action", c.action},
		{"Status", !c.failed},
		{"Msg", c.msg},
		{"CustomerDetails", o.Customer},
		{"Data", data},
	}
	if c.action == ActionDetected {
		b = append(b, member{"OrgId", "10001"})
	}
	return encode(b, keys)
}

// queue writes a callback into the ledger, as the script's faults want it. From
// then on it is posted until it is taken.
func (s *Sim) queue(led *Ledger, o *Order, add func(Event), c callback) {
	e := Event{
		Kind: Queued, OrderID: o.OrderID, Action: c.action, Due: time.Now().Add(c.after), Body: s.body(o, c, o.OrderID),
		Decision: c.decision, Lines: c.lines, Total: TotalMinor(c.lines), ClaimNo: c.claimNo,
	}
	twice := false
	for _, f := range o.Script.Callbacks {
		if !match(f.Action, c.action) {
			continue
		}
		add(Event{Kind: FaultDone, OrderID: o.OrderID, Action: c.action, Note: string(f.Kind)})
		switch f.Kind {
		case Never:
			add(Event{Kind: NotPosted, OrderID: o.OrderID, Action: c.action, Decision: c.decision, Total: e.Total})
			return
		case Twice:
			twice = true
		case Late:
			e.Due, e.Detached = e.Due.Add(f.For), true
		case Unknown:
			s.extra(led, o, add, e, s.body(o, c, "NOSUCHORDER00000000000000Z"))
		case Garbled:
			s.extra(led, o, add, e, json.RawMessage(`{"Action":"`+c.action+`","OrderId":17,"Data":[[]]}`))
		case Forged:
			s.forge(led, o, add, e)
		case Huge:
			s.extra(led, o, add, padded(e), e.Body)
		case Replayed:
			s.extra(led, o, add, later(e, f.For), e.Body)
		}
	}
	add(numbered(led, e))
	if twice {
		add(numbered(led, e))
	}
}

func numbered(led *Ledger, e Event) Event {
	e.Callback = led.lastCall + 1
	return e
}

// extra queues something that decides nothing, outside the line.
func (s *Sim) extra(led *Ledger, o *Order, add func(Event), like Event, body json.RawMessage) {
	add(numbered(led, Event{
		Kind: Queued, OrderID: o.OrderID, Action: like.Action, Due: like.Due, Detached: true, Noise: true, Body: body,
		NotifyURL: like.NotifyURL, Pad: like.Pad,
	}))
}

// tenMegabytes is what Huge adds to a callback.
const tenMegabytes = 10 << 20

func padded(e Event) Event {
	e.Pad = tenMegabytes
	return e
}

func later(e Event, d time.Duration) Event {
	e.Due = e.Due.Add(d)
	return e
}

// forge queues what somebody says who has seen the order's URL but for its secret: that
// the customer owes one minor unit, and that nothing was opened at all.
func (s *Sim) forge(led *Ledger, o *Order, add func(Event), like Event) {
	like.NotifyURL = forgedURL(o.NotifyURL)
	cheap := []Line{{ID: "666", Name: "forged", Count: "1", PriceMinor: 1}}
	for _, c := range []callback{
		{action: ActionDetected, form: AsObject, data: object{{"TradeProcessMode", 0}, {"TradeProductModels", s.products(cheap)}}},
		{action: ActionCancel, msg: "forged"},
	} {
		like.Action = c.action
		s.extra(led, o, add, like, s.body(o, c, o.OrderID))
	}
}

// forgedURL changes the last letter of the secret, which is all of it that differs.
func forgedURL(url string) string {
	last := "A"
	if strings.HasSuffix(url, last) {
		last = "B"
	}
	return url[:max(0, len(url)-1)] + last
}

// queueDecision queues OrderDetected or OrderSettlement.
func (s *Sim) queueDecision(led *Ledger, o *Order, add func(Event), action string, d Decision, after time.Duration) {
	if d.Lines == nil && d.Mode == 0 && !d.Failed {
		d.Lines = o.Taken
	}
	data := object{{"TradeProcessMode", d.Mode}, {"TradeProductModels", s.products(d.Lines)}}
	s.queue(led, o, add, callback{
		action: action, failed: d.Failed, msg: d.Msg, data: data, form: d.Data, after: after,
		decision: &d, lines: d.Lines,
	})
}

// queueClaim queues OrderAdjustment or OrderRefund with a new number.
func (s *Sim) queueClaim(led *Ledger, o *Order, add func(Event), action string, c Claim) {
	no := fmt.Sprintf("D%s%d", o.OrderNo, led.lastCall+1)
	data := object{{"OrderNo", no}, {"OrderProducts", s.products(c.Lines)}}
	if action == ActionRefund {
		no = "R" + no[1:]
		data = object{{"RefundRemark", c.Remark}, {"RefundOrderNo", no}, {"OrderRefundProducts", s.products(c.Lines)}}
	}
	form := s.opt.Data
	if form == AsNull { // a claim without data is no claim
		form = AsObject
	}
	s.queue(led, o, add, callback{action: action, data: data, form: form, after: c.After, lines: c.Lines, claimNo: no})
}

// job is one callback under way.
type job struct {
	id      int64
	orderID string
	action  string
	url     string
	body    json.RawMessage
	noise   bool
	pad     int
}

// PointCallback is the points of a callback: "callback OpenedDoor posting" and
// "callback OpenedDoor posted".
const PointCallback = "callback "

// post makes one attempt. What is not answered 200 is posted again.
func (s *Sim) post(ctx context.Context, j job) {
	s.point(PointCallback + j.action + " posting")
	code, err := s.deliver(ctx, j)
	note := ""
	if err != nil {
		note = err.Error()
		s.opt.Logger.Debug("callback not taken", logkey.OrderID, j.orderID, logkey.Event, j.action, logkey.Err, err)
	}
	s.book.Add(Event{Kind: Posted, OrderID: j.orderID, Callback: j.id, Action: j.action, HTTP: code, Note: note})
	done := code == http.StatusOK || j.noise && (code != 0 || j.pad > 0) // who does not want so much hangs up
	if done {
		s.book.Add(Event{Kind: Taken, OrderID: j.orderID, Callback: j.id, Action: j.action})
	}
	s.mu.Lock()
	delete(s.posting, j.id)
	s.retryAt[j.id] = time.Now().Add(s.opt.RepeatEvery)
	if done {
		delete(s.retryAt, j.id)
	}
	s.mu.Unlock()
	s.point(PointCallback + j.action + " posted")
	s.nudge()
}

func (s *Sim) deliver(ctx context.Context, j job) (int, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, j.url, bytes.NewReader(append(slices.Clone(j.body), bytes.Repeat([]byte(" "), j.pad)...)))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	resp, err := s.opt.Client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16))
	return resp.StatusCode, err
}
