package lane

import (
	"time"

	"edged/internal/purchase"
)

// endOfDayEvery is the longest time between two ends of day while the clock is
// not synchronised, in powered-on time (DESIGN §2).
const endOfDayEvery = 24 * time.Hour

// endOfDayDue: the terminal asks for it, a person does, or it is time.
func (w *work) endOfDayDue() bool {
	d := &w.Durable
	switch {
	case w.Caps.Wants == purchase.CmdEndOfDay || d.EndOfDay == "asked":
		return true
	case w.Settings.EndOfDay == "" || !w.Caps.NeedsEndOfDay:
		return false
	case d.EndOfDayAt == 0:
		d.EndOfDayAt = max(w.Now.Powered, 1) // a new lane starts counting now
		if w.Day != "" && w.Clock >= w.Settings.EndOfDay {
			d.EndOfDay = w.Day
		}
		return false
	case w.Day != "":
		return w.Clock >= w.Settings.EndOfDay && d.EndOfDay != w.Day
	}
	return w.Now.Powered-d.EndOfDayAt >= endOfDayEvery.Milliseconds()
}

// endOfDay runs it, or first brings the holds to their end that only wait for a
// decision. An order whose door is still open is waited for.
func (w *work) endOfDay() {
	if w.Settings.HoldsOverEndOfDay || w.Caps.HoldsOverEndOfDay || w.openHolds() == 0 {
		w.start(purchase.TerminalCommand{ID: w.own(purchase.CmdEndOfDay), Kind: purchase.CmdEndOfDay})
		return
	}
	for _, o := range w.Orders {
		if o.HoldOpen && (o.Phase == purchase.PhaseReview || o.Phase == purchase.PhaseDetecting) {
			w.emit(Tell{Order: o.ID, Body: purchase.SettleNow{}})
		}
	}
}

func (w *work) onEndOfDayEnded(b purchase.Ended) {
	w.Asked = false // whatever it did to the holds is asked for
	if b.Outcome == purchase.Done {
		w.Caps.Wants = ""
	} else {
		w.emit(Alarm{Text: "end of day failed: " + string(b.Reason) + " " + b.Code + " " + b.Text})
		w.pause()
	}
	// A failed attempt counts as one: the host is not hammered (zvt.md §15.3).
	w.Durable.EndOfDay, w.Durable.EndOfDayAt = w.Day, max(w.Now.Powered, 1)
}

func (w *work) onMaintained(b purchase.Ended) {
	w.Caps.Wants = ""
	if b.Outcome != purchase.Done {
		w.emit(Alarm{Text: "terminal maintenance failed: " + string(b.Reason) + " " + b.Code + " " + b.Text})
	}
	w.Asked = false
}
