package admintest

import (
	"encoding/json"
	"time"

	"edged/internal/admin"
	"edged/internal/lane"
	"edged/internal/purchase"
)

// Ids of the sample's orders.
var (
	PaidOrder   = string(purchase.NewOrderID([16]byte{0x11, 1}))
	UnpaidOrder = string(purchase.NewOrderID([16]byte{0x22, 2}))
	OpenOrder   = string(purchase.NewOrderID([16]byte{0x33, 3}))
)

const (
	start = 1795491840000 // 2026-11-24 03:44:00 UTC
	sec   = 1000
)

func at(seconds int64) time.Time { return time.UnixMilli(start + seconds*sec).UTC() }

// Sample is a gateway with two lanes on a bad day: one lane sells, the other's
// terminal is down, a report was refused and another has no order number.
func Sample() *Backend {
	b := &Backend{TasksAre: []admin.Task{task()}}
	b.OrdersAre = []admin.OrderDetail{openOrder(), unpaidOrder(), paidOrder()}
	b.QueueIs = entries()
	b.AuditIs = []admin.Deed{
		{N: 41, At: at(-3600), ClockSynced: true, Who: "uid 1000", Act: "lane out", Object: "side", Note: "glass broken", Result: "done"},
		{N: 42, At: at(100), Who: "uid 0", Act: "queue retry", Object: "entry 17", Result: "not possible: the SaaS refuses the report again"},
		{N: 43, At: at(120), ClockSynced: true, Who: "uid 0", Act: "order refund-done", Object: PaidOrder, Note: "R77: cash"},
	}
	b.StatusIs = status()
	b.LedgerIs = ledger()
	b.TracesAre = map[admin.Trace]string{
		{Lane: "front", Device: "terminal", Port: "/dev/serial/by-id/usb-FTDI_1", Kind: "zvt-serial", Since: at(0), Records: 2, Bytes: 40, Forgotten: 7}: Trace,
		{Lane: "front", Device: "display", Port: "/dev/edged/display", Kind: "display", Since: at(0)}:                                                    "",
	}
	return b
}

// Trace is the sample's flight recorder of the terminal of lane front.
const Trace = `{"trace":"edged-wire","version":1,"edged":"v1.2.3","lane":"front","device":"terminal","port":"/dev/serial/by-id/usb-FTDI_1","kind":"zvt-serial","begun":"2026-11-24T10:00:00Z"}
{"t":0.500000,"at":"2026-11-24T10:00:00.500000Z","form":"opened","text":"9600 baud"}
{"t":0.700000,"at":"2026-11-24T10:00:00.700000Z","from":"device","form":"nak","hex":"15"}
`

// ledger is two days of two terminals: a purchase over midnight, one that nobody
// confirmed, and a refund.
func ledger() admin.Ledger {
	row := func(day, terminal string, unsynced int64, accounts ...admin.LedgerAccount) admin.LedgerRow {
		for i, name := range []string{"issuer", "held", "in_doubt", "captured", "unconfirmed", "released", "expired", "taken_back", "refunded", "by_hand"} {
			accounts[i].Account = name
			accounts[i].Closing = accounts[i].Opening + accounts[i].In - accounts[i].Out
		}
		return admin.LedgerRow{Day: day, TerminalID: terminal, Currency: "EUR", Unsynced: unsynced, Accounts: accounts}
	}
	type acc = admin.LedgerAccount
	return admin.Ledger{
		TimeZone: "CET",
		Rows: []admin.LedgerRow{
			row("2026-11-24", "52500001", 0, acc{Opening: -15000, Out: 10000}, acc{Opening: 5000, In: 10000, Out: 11250, Times: 2}, acc{In: 1250, Times: 1},
				acc{Opening: 1735, In: 620, Out: 250, Times: 1}, acc{}, acc{Opening: 8265, In: 9380, Times: 2}, acc{}, acc{}, acc{}, acc{In: 250, Times: 1}),
			row("2026-11-24", "52500002", 1, acc{Out: 5000}, acc{In: 5000, Out: 5000, Times: 1}, acc{}, acc{}, acc{In: 1800, Times: 1}, acc{In: 3200, Times: 1}, acc{}, acc{}, acc{}, acc{}),
			row("2026-11-23", "52500001", 0, acc{Out: 15000}, acc{In: 15000, Out: 10000, Times: 3}, acc{}, acc{In: 1735, Times: 1}, acc{}, acc{In: 8265, Times: 2}, acc{}, acc{}, acc{}, acc{}),
		},
		EndsOfDay: []admin.EndOfDay{
			{TerminalID: "52500001", Lane: "front", At: at(-4440), ClockSynced: true, Currency: "EUR", Terminal: 1735, Edged: 1735},
			{TerminalID: "52500002", Lane: "side", At: at(-4400), Currency: "EUR", Terminal: 3000, Edged: 1800, Unconfirmed: 1800, Difference: 1200},
		},
	}
}

// GoodDay is the sample with nothing to look at.
func GoodDay() *Backend {
	b := Sample()
	s := &b.StatusIs
	s.Lanes, s.Devices, s.Tasks, s.Money = s.Lanes[:1], s.Devices[:2], []admin.TaskCount{}, []admin.Money{}
	s.Queue.Dead, s.Queue.Reports, s.Queue.Waiting, s.Queue.OldestAt = 0, 0, 0, time.Time{}
	return b
}

func status() admin.Status {
	return admin.Status{
		Now: at(7200), Gateway: "gw-0017", Site: "lobby-3", Version: "v1.2.3", StartedAt: at(-90000), ClockSynced: true,
		Lanes: []admin.Lane{
			{
				Lane: "front", Selling: true, Reasons: admin.ReasonsOf(nil), Armed: true, LimitMinor: 5000, Currency: "EUR",
				Order:    &admin.LaneOrder{OrderID: PaidOrder, Phase: "closed", Outcome: "paid"},
				Terminal: admin.Terminal{Up: true, TerminalID: "52500001", Doing: "arm", MaxHolds: 1, Strange: []string{}, EndOfDay: "2026-11-23"},
			},
			{
				Lane: "side", Reasons: admin.ReasonsOf([]lane.Reason{lane.DoorOpen, lane.TerminalDown}), LimitMinor: 5000, Currency: "EUR",
				Order:          &admin.LaneOrder{OrderID: OpenOrder, Phase: "open"},
				Terminal:       admin.Terminal{TerminalID: "52500002", Wants: "end_of_day", Waiting: 1, OpenHolds: 2, MaxHolds: 2, Strange: []string{"0044"}, EndOfDay: "asked"},
				RestockRefused: &admin.RestockRefused{Why: "a customer's door is open", At: at(7000)},
			},
		},
		Money: []admin.Money{{Currency: "EUR", OpenOrders: 2, OpenHolds: 1, HeldMinor: 5000, Unreported: 1}},
		Queue: admin.Queue{
			Reports: 0, Waiting: 1, Dead: 1, OldestAt: at(1900), Events: 12, StoreBytes: 1 << 20,
			DiskFree: 3 << 30, ReserveReady: true,
		},
		Devices: []admin.Device{
			{Lane: "front", Device: "terminal", Driver: "zvt", Port: "/dev/edged/terminal", Up: true},
			{Lane: "front", Device: "display", Driver: "pole-escpos", Port: "/dev/edged/display", Up: true},
			{Lane: "side", Device: "terminal", Driver: "zvt", Port: "tcp://10.0.0.7:20007"},
		},
		SaaS:  admin.SaaS{BaseURL: "https://openapi1.ourvend.com", Reachable: true, LastSuccess: at(7190)},
		Tasks: []admin.TaskCount{{Kind: "unpaid", Count: 1}, {Kind: "dead_report", Count: 1}},
	}
}

func terms(lane string, door int) purchase.Terms {
	return purchase.Terms{
		Lane: lane, MachineID: "2412090001", Door: door, Limit: 5000, MinHold: 5000, Currency: "EUR", Terminal: "52500019",
		Account: "https://openapi1.ourvend.com|P000000000000000",
	}
}

func hold(receipt, settled string) *purchase.HoldFact {
	return &purchase.HoldFact{
		Hold: purchase.Hold{Terminal: "52500019", Receipt: receipt, Amount: 5000, Currency: "EUR", Card: "541333******0036"},
		At:   start + 4*sec, End: purchase.Done, Acked: true, Settled: settled,
	}
}

func paidOrder() admin.OrderDetail {
	lines := []purchase.Line{{ID: "7", Name: "Cola 0.33l", Count: "2", Price: "1.25"}, {ID: "9", Name: "Nuts", Count: "0.355", Price: "8.90"}}
	s := purchase.State{
		Order: purchase.OrderID(PaidOrder), Terms: terms("front", 1), ArmedAt: start, Hold: hold("0042", purchase.HoldCaptured),
		SaaSNo: "SO-1", TransID: "T-1",
		Opens:    []purchase.OpenTry{{Answer: purchase.OpenAccepted, At: start + 5*sec}},
		Door:     purchase.DoorFacts{PreOpen: start + 5*sec, Opened: start + 6*sec, Closed: start + 40*sec},
		Decision: &purchase.Decision{Source: purchase.FromDetection, Charge: true, Total: 566, Lines: lines, At: start + 45*sec},
		Conflict: []purchase.Conflict{{Source: purchase.FromSettlement, Charge: true, Total: 700, At: start + 3600*sec}},
		Ops:      []purchase.Op{{Kind: purchase.CmdCapture, N: 1, Amount: 566, Receipt: "0043", End: purchase.Done, At: start + 46*sec}},
		Outcome:  &purchase.Result{Kind: purchase.Paid, Captured: 566, At: start + 48*sec},
		Reports:  []purchase.Report{{N: 1, OrderID: PaidOrder, OrderNo: "SO-1", OK: true, State: purchase.ReportAcked}},
		Refunds:  []purchase.RefundFact{{Number: "RF-1", N: 1, Amount: 250, State: purchase.RefundDone}},
	}
	o := admin.OrderOf(s)
	o.Archived = true
	cmd := purchase.CommandFor(s.Order, purchase.CmdCapture, 1)
	return admin.OrderDetail{Order: o, Journal: journal(s, []purchase.Body{
		purchase.Arm{Terms: s.Terms},
		purchase.HoldGranted{Command: purchase.CommandFor(s.Order, purchase.CmdArm, 1), Hold: s.Hold.Hold},
		purchase.OpenAnswered{Attempt: 1, Answer: purchase.OpenAccepted, TransID: "T-1"},
		purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "SO-1"},
		purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "SO-1"},
		purchase.Detected{Source: purchase.FromDetection, SaaSOrderNo: "SO-1", OK: true, Lines: lines},
		purchase.Captured{Command: cmd, Amount: 566, Receipt: "0043"},
		purchase.Ended{Command: cmd, What: purchase.CmdCapture, Outcome: purchase.Done, Acked: true, Slip: []string{
			"* * KUNDENBELEG * *", "", "Visa 476173******0010", "EUR 5,66", "Danke",
		}},
		purchase.Reported{Report: 1, OK: true},
	})}
}

func unpaidOrder() admin.OrderDetail {
	s := purchase.State{
		Order: purchase.OrderID(UnpaidOrder), Terms: terms("front", 1), ArmedAt: start + 600*sec, Hold: hold("0044", purchase.HoldReleased),
		SaaSNo: "SO-2", Opens: []purchase.OpenTry{{Answer: purchase.OpenInDoubt, At: start + 605*sec}, {Answer: purchase.OpenAccepted, At: start + 607*sec}},
		Door:     purchase.DoorFacts{Opened: start + 610*sec, Closed: start + 640*sec},
		Review:   &purchase.Review{Why: "left to the merchant: camera fault", At: start + 650*sec},
		Decision: &purchase.Decision{Source: purchase.FromDeadline, Why: "nobody decided in time", At: start + 1890*sec},
		Outcome:  &purchase.Result{Kind: purchase.Unpaid, Cause: "deadline: nobody decided in time", At: start + 1900*sec},
		Reports: []purchase.Report{
			{N: 1, OrderID: UnpaidOrder, OrderNo: "SO-2", Message: "unpaid: deadline: nobody decided in time", State: purchase.ReportDead},
		},
	}
	o := admin.OrderOf(s)
	o.Tasks = []admin.Task{task()}
	return admin.OrderDetail{Order: o, Journal: journal(s, []purchase.Body{
		purchase.Detected{Source: purchase.FromDetection, OK: true, Mode: purchase.ModeInterrupt, Msg: "camera\x1b[31m fault"},
		purchase.Due{Name: purchase.DueDecision},
		purchase.Reported{Report: 1, Msg: "order is closed"},
	})}
}

func openOrder() admin.OrderDetail {
	s := purchase.State{
		Order: purchase.OrderID(OpenOrder), Terms: terms("side", 2), ArmedAt: start + 7000*sec, Hold: hold("0045", ""),
		Opens: []purchase.OpenTry{{Answer: purchase.OpenAccepted, At: start + 7005*sec}},
		Door:  purchase.DoorFacts{Opened: start + 7010*sec},
	}
	return admin.OrderDetail{Order: admin.OrderOf(s), Journal: journal(s, []purchase.Body{purchase.Sign{Sign: purchase.SignOpened}})}
}

// journal gives the events of an order one after the other.
func journal(s purchase.State, bodies []purchase.Body) []admin.JournalEntry {
	events := make([]purchase.Event, len(bodies))
	for i, b := range bodies {
		stamp := purchase.Stamp{Boot: "b", Mono: int64(i), Wall: s.ArmedAt + int64(i)*sec, Synced: true}
		events[i] = purchase.Event{Order: s.Order, At: stamp, Body: b}
	}
	return admin.JournalOf(events, s.Terms.Currency)
}

func task() admin.Task {
	return admin.Task{
		N: 31, Kind: "unpaid", ErrorCode: purchase.TaskUnpaid.ErrCode(), OrderID: UnpaidOrder, Lane: "front", Currency: "EUR",
		Text: "Goods may be gone and no money was taken: deadline: nobody decided in time.", OpenedAt: at(1900),
	}
}

func entries() []admin.QueueDetail {
	account := terms("front", 1).Account
	dead := admin.QueueEntry{
		N: 17, Class: admin.ClassReport, State: admin.StateDead, OrderID: UnpaidOrder, Attempts: 3, AccountOK: true,
		Reason: "refused by the SaaS", Report: unpaidOrder().Reports[0],
	}
	queued := admin.QueueEntry{
		N: 18, Class: admin.ClassReport, State: admin.StateQueued, OrderID: PaidOrder,
		Report: admin.Report{N: 2, Type: 2, OrderID: PaidOrder + "R1", OrderNo: "RF-1", OK: true, State: admin.StateQueued},
	}
	waits := admin.QueueEntry{
		Class: admin.ClassReport, State: admin.StateWaits, OrderID: OpenOrder, AccountOK: true,
		Report: admin.Report{N: 1, OrderID: OpenOrder, State: admin.StateWaits}, Reason: "no callback has brought the SaaS's order number",
	}
	stray := admin.QueueEntry{N: 20, Class: admin.ClassCallback, State: admin.StateDead, AccountOK: true, Reason: "unknown order"}
	for _, e := range []*admin.QueueEntry{&dead, &queued, &waits, &stray} {
		e.ErrorCode = e.Code()
	}
	return []admin.QueueDetail{
		{QueueEntry: dead, Account: account, Body: json.RawMessage(`{"OrderId":"` + UnpaidOrder + `","PayStatus":2}`)},
		{QueueEntry: queued, Account: "https://openapi.aivendortech.com|P1", Body: json.RawMessage(`{}`)},
		{QueueEntry: waits, Account: account, Body: json.RawMessage(`null`)},
		{QueueEntry: stray, Body: json.RawMessage(`{"v":1}`)},
	}
}
