package lane

import (
	"slices"
	"strings"
	"time"

	"edged/internal/purchase"
)

// endOfDayEvery is the longest time between two ends of day while the clock is
// not synchronised, in powered-on time (DESIGN §2).
const endOfDayEvery = 24 * time.Hour

// workPause is the wait after an end of day or a maintenance before the terminal gets
// another because it asks for it, whether the first failed or did not help: the
// acquirer's host is not hammered.
const workPause = 10 * time.Minute

// asked stands in Durable.EndOfDay in place of a date: a person wants it now.
const asked = "asked"

// byClock: the lane runs it without being asked.
func (s State) byClock() bool { return s.Settings.EndOfDay != "" && s.Caps.NeedsEndOfDay }

// endOfDayDue: a person asks for it, the terminal does, or it is time.
func (s State) endOfDayDue() bool {
	d := &s.Durable
	switch {
	case d.EndOfDay == asked:
		return true
	case s.Caps.Wants == purchase.CmdEndOfDay:
		return s.workAllowed()
	case !s.byClock() || d.EndOfDayAt == 0:
		return false
	case s.Day != "":
		return s.Clock >= s.Settings.EndOfDay && d.EndOfDay != s.Day
	}
	return s.Now.Powered-d.EndOfDayAt >= endOfDayEvery.Milliseconds()
}

// countDays lets a new lane start counting now: whether there is something to
// settle for today is not known, and not needed at the first start.
func (w *work) countDays() {
	d := &w.Durable
	if !w.byClock() || d.EndOfDayAt != 0 || d.EndOfDay == asked {
		return
	}
	d.EndOfDayAt = max(w.Now.Powered, 1)
	if w.Day != "" && w.Clock >= w.Settings.EndOfDay {
		d.EndOfDay = w.Day
	}
}

// workAllowed: what the terminal asks for was not done or tried a moment ago.
func (s State) workAllowed() bool { return s.WorkFrom <= s.Now.Mono }

// endOfDay runs it, or first brings the holds to their end that only wait for a
// decision. An order whose door is still open is waited for.
func (w *work) endOfDay() {
	if w.Settings.HoldsOverEndOfDay || w.Caps.HoldsOverEndOfDay || w.OpenHolds() == 0 {
		w.start(purchase.TerminalCommand{ID: w.own(purchase.CmdEndOfDay), Kind: purchase.CmdEndOfDay})
		return
	}
	for _, o := range w.Orders {
		if o.HoldOpen && (o.Phase == purchase.PhaseReview || o.Phase == purchase.PhaseDetecting) {
			w.emit(Tell{Order: o.ID, Body: purchase.SettleNow{}})
		}
	}
}

// onEndOfDayEnded: a failed attempt counts as one.
func (w *work) onEndOfDayEnded(b purchase.Ended) {
	w.onWorkEnded("end of day", b)
	w.Durable.EndOfDay, w.Durable.EndOfDayAt = w.Day, max(w.Now.Powered, 1)
}

// onWorkEnded: whatever it did to the holds is asked for. What failed is still
// wanted, but not at once.
func (w *work) onWorkEnded(what string, b purchase.Ended) {
	w.Asked = false
	w.WorkFrom = w.Now.Mono + workPause.Milliseconds()
	if b.Outcome == purchase.Done {
		w.Caps.Wants = ""
		return
	}
	w.emit(Alarm{Text: what + " failed: " + reasonText(b)})
	w.pause()
}

func reasonText(b purchase.Ended) string {
	return strings.Join(slices.DeleteFunc([]string{string(b.Reason), b.Code, b.Text}, func(s string) bool { return s == "" }), " ")
}
