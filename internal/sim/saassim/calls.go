package saassim

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// login gives out a token (V2 §1).
func (s *Sim) login(body []byte) answer {
	var in struct{ AppID, Key, Secret string }
	if err := read(body, &in); err != nil {
		return failure(http.StatusBadRequest, err.Error())
	}
	if in.AppID != s.opt.AppID || in.Key != s.opt.Key || in.Secret != s.opt.Secret {
		return failure(codeUnauthorized, "appID, key or secret wrong")
	}
	token := newToken()
	s.mu.Lock()
	s.tokens[token] = time.Now().Add(s.opt.TokenTTL)
	s.mu.Unlock()
	seconds := int(s.opt.TokenTTL / time.Second)
	return answer{
		status: http.StatusOK, unwrapped: s.opt.LoginUnwrapped,
		data: object{{"Token", token}, {"ExpiresIn", seconds}},
	}
}

func (s *Sim) authorised(header string) bool {
	token, ok := strings.CutPrefix(header, "Bearer ")
	s.mu.Lock()
	defer s.mu.Unlock()
	until, known := s.tokens[token]
	return ok && known && time.Now().Before(until)
}

// machine answers the three questions about a machine (V2 §2–4).
func (s *Sim) machine(call, id string) answer {
	s.mu.Lock()
	m, known := s.machines[id]
	s.mu.Unlock()
	if !known {
		return failure(http.StatusNotFound, "machine does not exist")
	}
	switch call {
	case CallInfo:
		return ok(object{
			{"MachineId", m.ID},
			{"MachineName", m.Name},
			{"Signal", m.Signal},
			{"Temperature", m.Temperature},
			{"RunningState", m.RunningState},
			{"VendType", m.VendType},
		})
	case CallPayConfig:
		return ok(object{
			{"MachineId", m.ID},
			{"PreAuthorLimit", m.PreAuthorLimit},
			{"Currency", m.Currency},
			{"QrCodeUrl", m.ID},
		})
	}
	goods := []object{}
	for _, g := range m.Goods {
		goods = append(goods, object{
			{"CommodityId", g.ID},
			{"CommodityName", g.Name},
			{"CommoditySKU", g.SKU},
			{"Weight", g.WeightGram},
			{"Price", price(g.PriceMinor, *s.opt.Exponent)},
			{"DoorNo", g.Door},
			{"PictureUrl", ""},
		})
	}
	return ok(goods)
}

// openRequest is OpenDoor and OpenDoorMethod (V2 §5, §6); names match in any case.
type openRequest struct {
	OrderID         string
	MachineID       string
	DoorNo          *int
	TranseType      *int
	CustomerDetails string
	TimeSp          int64
	NotifyURL       string
	Remark          string
}

func (q openRequest) problem(call string) string {
	switch {
	case q.OrderID == "":
		return "orderId is required"
	case q.MachineID == "":
		return "machineId is required"
	case q.DoorNo == nil:
		return "doorNo is required"
	case q.NotifyURL == "":
		return "NotifyUrl is required"
	case q.TranseType == nil || *q.TranseType != 0 && *q.TranseType != 2:
		return "transeType must be 0 or 2"
	case call == CallRestockOpen && *q.TranseType != 2:
		return "transeType must be 2"
	case len(q.Remark) > 128:
		return "remark is longer than 128 characters"
	}
	return ""
}

// openDoor accepts an order, or refuses it with Status=false.
func (s *Sim) openDoor(call string, body []byte) answer {
	var q openRequest
	if err := read(body, &q); err != nil {
		return failure(http.StatusBadRequest, err.Error())
	}
	if p := q.problem(call); p != "" {
		return failure(http.StatusBadRequest, p)
	}
	s.mu.Lock()
	_, known := s.machines[q.MachineID]
	s.mu.Unlock()
	if !known {
		return s.refuseOpen(q, "machine does not exist")
	}
	o, fresh, why := s.accept(q)
	if why != "" {
		return s.refuseOpen(q, why)
	}
	if fresh && s.opt.OnOpen != nil && o.Script.Shop == nil && o.Script.Cancel != CancelInsteadOfOpening {
		s.opt.OnOpen(o)
	}
	return ok(opened(q, true, "", o.TransID))
}

func opened(q openRequest, status bool, msg string, trans int64) object {
	o := object{
		{"OrderId", q.OrderID},
		{"TranseType", *q.TranseType},
		{"Action", ActionPreOpen},
		{"Status", status},
		{"Msg", msg},
		{"Data", ""},
	}
	if status {
		o = append(o, member{"TransId", trans})
	}
	return o
}

func (s *Sim) refuseOpen(q openRequest, why string) answer {
	s.book.Add(Event{Kind: OpenRefused, OrderID: q.OrderID, MachineID: q.MachineID, Door: *q.DoorNo, TimeSp: q.TimeSp, Note: why})
	return ok(opened(q, false, why, 0))
}

// accept makes the order, or counts a repeat. why: it is refused.
func (s *Sim) accept(q openRequest) (o Order, fresh bool, why string) {
	script := s.scriptOf(q.OrderID)
	s.book.Edit(func(led *Ledger, add func(Event)) {
		if known := led.Orders[q.OrderID]; known != nil {
			if s.opt.Repeat == RefuseRepeat {
				why = "order already exists"
				return
			}
			add(Event{Kind: OpenRepeated, OrderID: q.OrderID, TimeSp: q.TimeSp})
			o = known.brief()
			return
		}
		if script.RefuseOpen != "" {
			why = script.RefuseOpen
			return
		}
		trans := max(led.lastTrans, 1_000_000_000) + 1
		add(Event{
			Kind: OpenAccepted, OrderID: q.OrderID, OrderNo: fmt.Sprintf("SO%d", trans), TransID: trans,
			MachineID: q.MachineID, Door: *q.DoorNo, Transe: *q.TranseType, NotifyURL: q.NotifyURL,
			Customer: q.CustomerDetails, TimeSp: q.TimeSp, Script: &script,
		})
		s.begin(led, led.Orders[q.OrderID], add)
		o, fresh = led.Orders[q.OrderID].brief(), true
	})
	return o, fresh, why
}

// assign gives an order the next script of its door when its first OpenDoor is
// seen, taken or not: a repeat keeps the one it had.
func (s *Sim) assign(body []byte) {
	var q openRequest
	if json.Unmarshal(body, &q) != nil || q.OrderID == "" || q.DoorNo == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	k := doorKey{q.MachineID, *q.DoorNo}
	if _, known := s.assigned[q.OrderID]; known || len(s.scripts[k]) == 0 {
		return
	}
	sc := s.scripts[k][0]
	s.scripts[k] = s.scripts[k][1:]
	s.assigned[q.OrderID], s.perOrder[q.OrderID] = sc, armed(sc.Calls)
}

func (s *Sim) scriptOf(orderID string) Script {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sc, ok := s.assigned[orderID]; ok {
		return sc
	}
	return s.opt.Default
}

// begin queues what the script lets happen without a world.
func (s *Sim) begin(led *Ledger, o *Order, add func(Event)) {
	if o.Script.PreOpen {
		s.queue(led, o, add, callback{action: ActionPreOpen})
	}
	if o.Script.Cancel == CancelInsteadOfOpening {
		s.queue(led, o, add, callback{action: ActionCancel, failed: true, msg: "door failed to open"})
		return
	}
	shop := o.Script.Shop
	if shop == nil {
		return
	}
	add(Event{Kind: Opened, OrderID: o.OrderID})
	s.queue(led, o, add, callback{action: ActionOpened, after: shop.OpenAfter})
	add(Event{Kind: Closed, OrderID: o.OrderID, Lines: shop.Take, Total: TotalMinor(shop.Take)})
	closing := shop.OpenAfter + shop.CloseAfter
	if o.Script.Cancel == CancelAfterOpening {
		s.cancelOnClosing(led, o, add, closing)
		return
	}
	s.queue(led, o, add, callback{action: ActionClosed, after: closing})
	s.decide(led, o, add, closing)
}

// confirm is the count after a restock (V2 §7); its answer has no envelope.
func (s *Sim) confirm(body []byte) answer {
	var q struct {
		Mid, TrackingID string
		TransID         int64
		DoorNo          *int
		Data            []struct {
			CommodityID                         string
			LayerNo, SpotCount, StockCount, Sno *int
		}
	}
	done, msg := true, "Replenishment data confirmed successfully"
	if err := read(body, &q); err != nil {
		done, msg = false, err.Error()
	} else if q.Mid == "" || q.TrackingID == "" || q.TransID == 0 || q.DoorNo == nil || q.Data == nil {
		done, msg = false, "a required parameter is missing"
	}
	for _, d := range q.Data {
		if d.CommodityID == "" || d.LayerNo == nil || d.SpotCount == nil || d.StockCount == nil || d.Sno == nil {
			done, msg = false, "a required parameter of an item is missing"
		}
	}
	if done {
		s.book.Add(Event{Kind: RestockDone, TransID: q.TransID, Body: body})
	}
	return answer{status: http.StatusOK, unwrapped: true, data: object{
		{"TrackingId", q.TrackingID},
		{"TransId", q.TransID},
		{"Success", done},
		{"Message", msg},
	}}
}

// query answers the questions of V2.1.2 about an order by its TransId.
func (s *Sim) query(call, arg string) answer {
	trans, err := strconv.ParseInt(arg, 10, 64)
	if err != nil {
		return failure(http.StatusBadRequest, "bad TransId")
	}
	a := failure(http.StatusNotFound, "order does not exist")
	s.book.Edit(func(led *Ledger, add func(Event)) {
		for _, o := range led.Orders {
			if o.TransID == trans {
				a = ok(s.orderState(call, o, time.Now()))
				add(Event{Kind: Told, Call: call, OrderID: o.OrderID})
			}
		}
	})
	return a
}

func (s *Sim) orderState(call string, o *Order, now time.Time) object {
	if call == CallOrderVideo {
		return object{{"VideoMainUrl", ""}, {"VideoViceUrl", ""}, {"VideoStatus", 1}}
	}
	verdict := s.decided(o, now)
	state := 1 // in progress
	switch {
	case o.Cancelled:
		state = 8
	case verdict != nil:
		state = 4
	}
	b := object{
		{"OrderId", o.OrderID},
		{"TranseType", o.Transe},
		{"MachineId", o.MachineID},
		{"OpenDoorTime", stamp(o.OpenedAt)},
		{"CloseDoorTime", stamp(o.ClosedAt)},
		{"State", state},
	}
	if call == CallOrderDetail {
		return append(b, object{
			{"Detected", verdict != nil},
			{"CreateTime", stamp(o.Opens[0].At)},
			{"DetectResult", verdict},
			{"VideoMainUrl", ""},
			{"VideoViceUrl", ""},
		}...)
	}
	return append(b, member{"DetectResult", inForm(verdict, AsString, s.keys(o))})
}

// decided is the verdict that has been reached by now, or nil.
func (s *Sim) decided(o *Order, now time.Time) any {
	for _, c := range o.Callbacks {
		if d := c.Decision; d != nil && !d.Failed && d.Data != AsNull && !c.Due.After(now) {
			return object{{"TradeProcessMode", d.Mode}, {"TradeProductModels", s.products(d.Lines)}}
		}
	}
	return nil
}

func stamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Format("2006-01-02 15:04:05")
}
