package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/queue"
)

// maxDeeds is how many manual actions are remembered; the oldest gives way.
const maxDeeds = 500

const metaDeed = "engine.deed."

// Deed is one thing that a person asked for. It is written down before it is done,
// and once more with what came of it: without Result nobody knows, because edged
// stopped in between.
type Deed struct {
	N      int64  `json:"n"` // from 1
	At     int64  `json:"at_ms"`
	Synced bool   `json:"synced"`
	Who    string `json:"who"`
	Act    string `json:"act"`
	Object string `json:"object,omitempty"` // order, lane, task or entry
	Note   string `json:"note,omitempty"`
	Result string `json:"result,omitempty"` // "done", or why not
}

// Begin writes down what a person asks for, and gives it its number. Nothing may be
// done that could not be written down.
func (e *Engine) Begin(ctx context.Context, d Deed) (n int64, err error) {
	failed := e.do(ctx, func() {
		now := e.stamp()
		d.N, d.At, d.Synced = 1, now.Wall, now.Synced
		if len(e.deeds) > 0 {
			d.N = e.deeds[len(e.deeds)-1].N + 1
		}
		if err = e.keepDeed(d); err != nil {
			return
		}
		e.deeds = append(e.deeds, d)
		if len(e.deeds) > maxDeeds {
			e.deeds = e.deeds[1:]
		}
	})
	if failed != nil {
		return 0, failed
	}
	return d.N, err
}

// End writes down what came of it. That this fails takes nothing back.
func (e *Engine) End(ctx context.Context, n int64, result string) error {
	var err error
	failed := e.do(ctx, func() {
		i := slices.IndexFunc(e.deeds, func(d Deed) bool { return d.N == n })
		if i < 0 {
			return
		}
		d := e.deeds[i]
		d.Result = result
		if err = e.keepDeed(d); err == nil {
			e.deeds[i] = d
		}
	})
	if failed != nil {
		return failed
	}
	return err
}

// Deeds lists what people have done, oldest first.
func (e *Engine) Deeds(ctx context.Context) ([]Deed, error) {
	var out []Deed
	err := e.do(ctx, func() { out = slices.Clone(e.deeds) })
	return out, err
}

// keepDeed writes into a ring of keys: the number of rows is bounded without a
// deletion.
func (e *Engine) keepDeed(d Deed) error {
	if e.storeBad != nil {
		return e.storeBad
	}
	body, err := json.Marshal(d)
	if err != nil {
		return err
	}
	return e.write(func(tx *queue.Tx) error { return tx.PutMeta(fmt.Sprintf("%s%03d", metaDeed, d.N%maxDeeds), body) }, false)
}

func (e *Engine) loadDeeds(meta map[string][]byte) {
	for key, body := range meta {
		if !strings.HasPrefix(key, metaDeed) {
			continue
		}
		var d Deed
		if err := json.Unmarshal(body, &d); err != nil {
			e.log.Error("a manual action in the journal is unreadable", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.PayUnreadable))
			continue
		}
		e.deeds = append(e.deeds, d)
	}
	slices.SortFunc(e.deeds, func(a, b Deed) int { return int(a.N - b.N) })
}
