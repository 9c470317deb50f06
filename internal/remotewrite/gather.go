package remotewrite

import (
	"cmp"
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

// Gather fills the buffer every Interval until ctx ends, and then puts the end of every
// series into it. The first time is a random part of an interval away: gateways that
// got their power back together must not push together.
func (w *Writer) Gather(ctx context.Context) error {
	timer := time.NewTimer(rand.N(w.o.Interval))
	defer timer.Stop()
	ticker := (*time.Ticker)(nil)
	select {
	case <-ctx.Done():
		return nil
	case <-timer.C:
		ticker = time.NewTicker(w.o.Interval)
	}
	defer ticker.Stop()
	for {
		w.gather()
		select {
		case <-ctx.Done():
			w.end()
			return nil
		case <-ticker.C:
		}
	}
}

// gather adds one moment to the buffer, and before it the end of what is gone.
func (w *Writer) gather() {
	families, err := w.o.Gatherer.Gather()
	w.tellGathering(err) // what was gathered in spite of it is pushed
	now := flatten(families, w.external(), w.o.Native)
	if w.last != nil && w.last.equal(now.layout) {
		now.layout = w.last
	}
	at, ok := w.o.Now()
	if !ok {
		w.metrics.samples.WithLabelValues(resultNoClock).Add(float64(len(now.values) + len(now.native)))
		return
	}
	w.add(gone(w.last, now.layout), at)
	w.last = now.layout
	w.add(now, at)
}

// end puts the end of every series into the buffer.
func (w *Writer) end() {
	if at, ok := w.o.Now(); ok {
		w.add(gone(w.last, &layout{}), at)
	}
	w.last = nil
}

func (w *Writer) add(f flat, at time.Time) {
	if len(f.values)+len(f.native) == 0 {
		return
	}
	d := w.buf.add(&scrape{flat: f, at: at.UnixMilli(), taken: time.Now()})
	w.metrics.samples.WithLabelValues(resultFull).Add(float64(d.full))
	w.metrics.samples.WithLabelValues(resultOld).Add(float64(d.old))
}

func (w *Writer) external() []label {
	var out []label
	for _, name := range slices.SortedFunc(maps.Keys(w.o.Labels), cmp.Compare[string]) {
		if v := w.o.Labels[name]; v != "" {
			out = append(out, label{name, v})
		}
	}
	return out
}

// tellGathering logs an error of the registry once.
func (w *Writer) tellGathering(err error) {
	text := ""
	if err != nil {
		text = err.Error()
	}
	if text != "" && text != w.gatherErr {
		w.log.Error("some metrics cannot be read and are not pushed", logkey.Err, err, logkey.Code, errcode.RunBug)
	}
	w.gatherErr = text
}
