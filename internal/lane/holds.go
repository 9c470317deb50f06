package lane

import (
	"fmt"
	"slices"
	"strconv"

	"edged/internal/purchase"
)

// onListed takes the terminal's list of open holds. Those of known orders are
// left alone; one that can only be the result of an armed order whose end is not
// known goes back through that order; any other is a person's (M3).
func (w *work) onListed(b purchase.Ended) {
	if b.Outcome != purchase.Done && b.Reason != purchase.ReasonUnsupported {
		w.pause()
		return
	}
	w.Asked = true
	strangers := slices.DeleteFunc(slices.Clone(b.Open), func(h purchase.Hold) bool {
		return slices.ContainsFunc(w.Orders, func(o Order) bool { return o.Receipt != "" && o.Receipt == h.Receipt })
	})
	strangers = w.adopt(strangers)
	w.Strange = nil
	for _, h := range strangers {
		w.stranger(h)
	}
	w.Durable.Strangers = slices.DeleteFunc(w.Durable.Strangers, func(r string) bool { return !slices.Contains(w.Strange, r) })
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
			w.emit(Tell{Order: o.ID, Body: purchase.HoldAbsent{}})
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

func (w *work) stranger(h purchase.Hold) {
	w.Strange = append(w.Strange, h.Receipt)
	if slices.Contains(w.Durable.Strangers, h.Receipt) {
		return
	}
	w.Durable.Strangers = append(w.Durable.Strangers, h.Receipt)
	text := fmt.Sprintf("The terminal of lane %s holds money under receipt %s that no order of this gateway asked for.", w.Settings.Name, h.Receipt)
	w.emit(Alarm{Text: text})
	w.emit(OpenTask{Task: purchase.TaskUnknownHold, Subject: h.Receipt, Text: text})
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
