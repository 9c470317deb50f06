package app

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/reach"
	"edged/internal/saas"
)

// saasHealth hears every call's end, and keeps the words of the last failure for
// whoever asks why nothing is sold.
type saasHealth struct {
	watch *reach.Watch
	last  atomic.Pointer[error] // nil: the last call was answered
}

// heard is the client's OnCall.
func (h *saasHealth) heard(call saas.Call, class saas.Class, _ time.Duration, err error) {
	if class == saas.ClassCancelled || class == saas.ClassInvalid || errors.Is(err, saas.ErrExpired) {
		return // ours: it says nothing of the SaaS
	}
	switch {
	case class.Reachable() && call != saas.CallProbe: // a handshake takes back no call's words
		h.last.Store(nil)
	case !class.Reachable():
		h.last.Store(&err)
	}
	if call != saas.CallProbe { // the watch's own
		h.watch.Heard(signOfCall(class))
	}
}

// signOfCall: an answer in words, even a no, is the SaaS. A line that is lost may be
// asked for by a handshake; what is late or garbled only by another call.
func signOfCall(class saas.Class) reach.Sign {
	switch {
	case class.Reachable():
		return reach.Answered
	case class == saas.ClassNetwork:
		return reach.Lost
	}
	return reach.Useless
}

// cause is why the last call failed; nil if it was answered.
func (h *saasHealth) cause() error {
	if err := h.last.Load(); err != nil {
		return *err
	}
	return nil
}

// askSaaS makes a call without effect: what a cabinet wants held.
func (a *App) askSaaS(ctx context.Context) error {
	_, err := a.client.PayConfig(ctx, machineIDs(a.o.Config)[0]) // a valid configuration has a door
	var failed *saas.CallError
	if errors.As(err, &failed) && failed.Class.Reachable() {
		return nil // a no is an answer
	}
	return err
}

// tellReach tells the engine, and the log why.
func (a *App) tellReach(ctx context.Context, up bool) {
	if err := a.engine.SaaSHeard(ctx, up); err != nil && ctx.Err() == nil {
		a.log.Error("reachability is not told", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreNotKept))
	}
	if !up {
		why := a.health.cause()
		a.log.Warn("SaaS cannot be reached", logkey.Addr, a.o.Config.SaaS.BaseURL, logkey.Err, why, logkey.Code, errcode.Or(why, errcode.LaneSaaSUnreachable))
		return
	}
	a.log.Info("SaaS is reached", logkey.Addr, a.o.Config.SaaS.BaseURL)
	a.sender.Back()
}
