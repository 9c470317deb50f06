package engine

import (
	"context"

	"edged/internal/purchase"
)

// SetTerms gives a lane other terms for the orders that are still to come. An order
// keeps those that it was armed with. The smallest hold is SetLimit's.
func (e *Engine) SetTerms(ctx context.Context, name string, t purchase.Terms) error {
	return e.do(ctx, func() {
		if l := e.lanes[name]; l != nil {
			t.MinHold = l.opts.Terms.MinHold
			l.opts.Terms = t
		}
	})
}
