package lane

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"edged/internal/purchase"
)

// listEvery is the time between two lists while one shows a hold that nobody here
// knows of (a person may settle it at the terminal), or is not the whole list.
const listEvery = 10 * time.Minute

func (w *work) listAgain() bool {
	return (len(w.Strange) > 0 || w.Partial) && w.Now.Mono-w.ListedAt >= listEvery.Milliseconds()
}

// unnamed says that a list that is not whole hides a hold which is none of the
// orders': it takes the room of one until it is named.
func (s State) unnamed() bool {
	known := 0
	for _, o := range s.Orders {
		if o.HoldOpen {
			known++
		}
	}
	return s.Partial && known+len(s.Strange) <= s.Listed
}

// onListed takes the terminal's list of open holds. Those of known orders are
// left alone; one that can only be the result of an armed order whose end is not
// known goes back through that order; any other is a person's (M3). Some terminals
// name one hold at a time: such a list proves that a hold is there, never that one
// is not.
func (w *work) onListed(b purchase.Ended) {
	blind := b.Outcome == purchase.NotDone && b.Reason == purchase.ReasonUnsupported
	if b.Outcome != purchase.Done && !blind {
		w.pause()
		return
	}
	w.Asked, w.ListedAt = true, w.Now.Mono
	w.Partial, w.Listed = b.More, len(b.Open)
	if blind && !w.Caps.Session {
		w.unlisted()
	}
	strangers := slices.DeleteFunc(slices.Clone(b.Open), func(h purchase.Hold) bool {
		return slices.ContainsFunc(w.Orders, func(o Order) bool { return o.Receipt != "" && o.Receipt == h.Receipt })
	})
	strangers = w.adopt(strangers)
	w.Strange = nil
	for _, h := range strangers {
		w.stranger(h)
	}
	if !w.Partial {
		w.Durable.Strangers = slices.DeleteFunc(w.Durable.Strangers, func(r string) bool { return !slices.Contains(w.Strange, r) })
	}
}

// adopt gives each unclear order its hold, or tells it that there is none. It
// returns the holds that fit nobody.
func (w *work) adopt(holds []purchase.Hold) []purchase.Hold {
	for _, o := range w.Orders {
		if o.Phase != purchase.PhaseUnclear {
			continue
		}
		i := slices.IndexFunc(holds, func(h purchase.Hold) bool { return w.fits(o, h) })
		if i < 0 {
			if !w.Partial {
				w.emit(Tell{Order: o.ID, Body: purchase.HoldAbsent{}})
			}
			continue
		}
		w.emit(Tell{Order: o.ID, Body: purchase.HoldFound{Hold: holds[i]}})
		holds = slices.Delete(holds, i, i+1)
	}
	return holds
}

// fits: same terminal (it is this lane's), not more than was asked for, a newer
// receipt than any known when the order was armed, and no task about it yet.
func (w *work) fits(o Order, h purchase.Hold) bool {
	return (h.Amount == 0 || h.Amount <= o.Limit) && newer(h.Receipt, o.After) && !slices.Contains(w.Durable.Strangers, h.Receipt)
}

// unlisted: a terminal that cannot list its holds leaves an unclear order to a
// person. The session of one that has none outlives nothing.
func (w *work) unlisted() {
	for _, o := range w.Orders {
		if o.Phase == purchase.PhaseUnclear {
			w.askPerson(string(o.ID), fmt.Sprintf("The terminal of lane %s may hold money for order %s and cannot say so.", w.Settings.Name, o.ID))
		}
	}
}

func (w *work) stranger(h purchase.Hold) {
	w.Strange = append(w.Strange, h.Receipt)
	w.sawReceipt(h.Receipt)
	if slices.Contains(w.Durable.Strangers, h.Receipt) {
		return
	}
	w.Durable.Strangers = append(w.Durable.Strangers, h.Receipt)
	w.askPerson(h.Receipt, fmt.Sprintf("The terminal of lane %s holds money under receipt %s that no order of this gateway asked for.", w.Settings.Name, h.Receipt))
}

func (w *work) askPerson(subject, text string) {
	w.emit(Alarm{Text: text})
	w.emit(OpenTask{Task: purchase.TaskUnknownHold, Subject: subject, Text: text})
}

// sawReceipt: an order that is armed from now on can only get a newer one.
func (w *work) sawReceipt(r string) {
	if r != "" && newer(r, w.Receipt) {
		w.Receipt = r
	}
}

// newer compares receipt numbers, which count 0001 to 9999 and wrap (zvt.md
// §10): a is newer than b if it is less than half the range ahead. Everything is
// newer than an unknown one.
func newer(a, b string) bool {
	const wrap = 9999
	x, errA := strconv.Atoi(a)
	y, errB := strconv.Atoi(b)
	if errB != nil || b == "" {
		return true
	}
	if errA != nil {
		return false
	}
	ahead := ((x-y)%wrap + wrap) % wrap
	return ahead != 0 && ahead < wrap/2
}
