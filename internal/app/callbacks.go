package app

import (
	"context"
	"encoding/hex"
	"errors"

	"edged/internal/engine"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/saas"
	"edged/internal/saas/wire"
)

// deliver hands a verified callback to the engine and says what became of it.
func deliver(eng *engine.Engine) saas.Deliver {
	known := newRepeats()
	return func(ctx context.Context, c wire.Callback, _ []byte) (saas.Result, error) {
		body := eventOf(c)
		if name, ok := restockOf(eng, c.OrderID); ok {
			return restocked(ctx, eng, name, c.OrderID, body)
		}
		if body == nil {
			return saas.UnknownOrder, nil // no action anybody knows: no effect
		}
		key := c.MeaningKey()
		this := repeat{purchase.OrderID(c.OrderID), hex.EncodeToString(key[:16])}
		if known.has(this) {
			return saas.Repeated, nil
		}
		verdict, err := eng.Post(ctx, purchase.Event{Order: this.order, Key: this.key, Body: body})
		switch {
		case err == nil && verdict == purchase.Refuse:
			return saas.UnknownOrder, nil // kept apart
		case err == nil && verdict == purchase.Repeated:
			known.add(this)
			return saas.Repeated, nil
		case err == nil:
			return saas.Stored, nil
		case errors.Is(err, engine.ErrTooManyEvents):
			return saas.TooMany, nil
		case errors.Is(err, engine.ErrUnknownOrder):
			return saas.UnknownOrder, nil
		case errors.Is(err, engine.ErrParked), errors.Is(err, purchase.ErrBug):
			return saas.Stored, nil // it is in the journal of an order a person looks at
		}
		return "", err
	}
}

// eventOf is the event a callback means; nil if it means none.
func eventOf(c wire.Callback) purchase.Body {
	switch c.Action {
	case wire.PreOpenDoor:
		return signOf(c, purchase.SignPreOpen)
	case wire.OpenedDoor:
		if !c.Status { // it did not open; that the order was taken is all that is known
			return signOf(c, purchase.SignPreOpen)
		}
		return signOf(c, purchase.SignOpened)
	case wire.CloseDoor:
		if !c.Status { // it did not close, so it is open
			return signOf(c, purchase.SignOpened)
		}
		return signOf(c, purchase.SignClosed)
	case wire.Cancel:
		return signOf(c, purchase.SignCancel)
	case wire.OrderDetected:
		return detectedOf(c, purchase.FromDetection)
	case wire.OrderSettlement:
		return detectedOf(c, purchase.FromSettlement)
	case wire.OrderAdjustment:
		return purchase.Adjustment{SaaSOrderNo: c.SaaSOrderNo, Number: c.DeductionNo, Lines: linesOf(c), Unreadable: c.Unreadable}
	case wire.OrderRefund:
		return purchase.Refund{SaaSOrderNo: c.SaaSOrderNo, Number: c.RefundNo, Lines: linesOf(c), Unreadable: c.Unreadable, Remark: c.RefundRemark}
	}
	return nil
}

func signOf(c wire.Callback, s purchase.SignName) purchase.Sign {
	return purchase.Sign{Sign: s, SaaSOrderNo: c.SaaSOrderNo, Msg: c.Msg}
}

func detectedOf(c wire.Callback, src purchase.Source) purchase.Detected {
	return purchase.Detected{
		Source: src, SaaSOrderNo: c.SaaSOrderNo, OK: c.Status, Mode: modeOf(c.Mode),
		Lines: linesOf(c), Unreadable: c.Unreadable, Msg: c.Msg,
	}
}

// modeOf: a settlement without a mode is no decision, as mode 2.
func modeOf(m wire.Mode) purchase.Mode {
	switch m {
	case wire.Normal:
		return purchase.ModeNormal
	case wire.Cancelled:
		return purchase.ModeCancel
	}
	return purchase.ModeInterrupt
}

func linesOf(c wire.Callback) []purchase.Line {
	lines := make([]purchase.Line, len(c.Lines))
	for i, l := range c.Lines {
		lines[i] = purchase.Line{ID: l.ProductID, Name: l.Name, Count: l.Count.String(), Price: l.Price.String()}
	}
	return lines
}

// restockOf is the lane whose restock has this id. What the callback itself says of
// its kind is not believed: a purchase must not be lost by a wrong number.
func restockOf(eng *engine.Engine, orderID string) (string, bool) {
	for _, v := range eng.Lanes() {
		if v.Restock != nil && string(v.Restock.ID) == orderID {
			return v.Name, true
		}
	}
	return "", false
}

// restocked gives a restock's callback to its lane.
func restocked(ctx context.Context, eng *engine.Engine, name, orderID string, body purchase.Body) (saas.Result, error) {
	sign, ok := body.(purchase.Sign)
	if !ok {
		return saas.Stored, nil
	}
	return saas.Stored, eng.Lane(ctx, name, lane.RestockSign{ID: purchase.OrderID(orderID), Sign: sign.Sign})
}
