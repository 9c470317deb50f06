package saas

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/callback"
	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/saas/wire"
)

// Result is what the application did with a callback.
type Result string

// The results. All but TooMany are answered with 200: the event is on disk, or
// needs not be.
const (
	Stored       Result = "stored"
	Repeated     Result = "repeated"      // its meaning is on disk already
	UnknownOrder Result = "unknown_order" // of no order we have; kept apart
	TooMany      Result = "too_many"      // more distinct events than an order may have
)

// Deliver hands a callback to the application and returns when it is on disk. raw
// is the body as it came and belongs to the callee. An error means that it is not
// durable: the SaaS is told to come again.
type Deliver func(ctx context.Context, c wire.Callback, raw []byte) (Result, error)

// Verdict is how a callback was answered. The texts are metric labels.
type Verdict string

// The verdicts beside those of Result.
const (
	VerdictForged     Verdict = "forged"      // path or mac
	VerdictMethod     Verdict = "method"      // not POST
	VerdictTooLarge   Verdict = "too_large"   // more than wire.MaxCallback
	VerdictSlow       Verdict = "slow"        // the body did not come in time
	VerdictUnreadable Verdict = "unreadable"  // not a callback
	VerdictMismatch   Verdict = "mismatch"    // the body's order is not the path's
	VerdictNotDurable Verdict = "not_durable" // Deliver failed
	VerdictBusy       Verdict = "busy"        // too many bodies at once
)

const (
	deliverTimeout = 10 * time.Second
	maxBodies      = 16 // bodies held at once: 4 MiB
)

// HandlerOptions make a CallbackHandler. Ring and Deliver are required.
type HandlerOptions struct {
	Ring    *callback.Ring
	Deliver Deliver
	// Prefix is the path of callbacks.public_url, such as /edged. A proxy may strip
	// it: a path is accepted with and without it.
	Prefix      string
	ReadTimeout time.Duration // for the body; 0 = 10 s
	Log         *slog.Logger  // nil = none
	Registerer  prometheus.Registerer
}

// CallbackHandler takes the SaaS's callbacks, over HTTP and, for the relay's
// messages, by Receive. It is safe for concurrent use.
type CallbackHandler struct {
	o      HandlerOptions
	log    *slog.Logger
	total  *prometheus.CounterVec
	quiet  quiet
	bodies chan struct{}
}

// NewCallbackHandler makes a handler.
func NewCallbackHandler(o HandlerOptions) (*CallbackHandler, error) {
	if o.Ring == nil || o.Deliver == nil {
		return nil, fmt.Errorf("callback handler: ring and deliver are required: %w", ErrOptions)
	}
	if o.ReadTimeout <= 0 {
		o.ReadTimeout = 10 * time.Second
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	o.Prefix = strings.TrimRight(o.Prefix, "/")
	h := &CallbackHandler{o: o, log: o.Log, total: newCallbackTotal(), bodies: make(chan struct{}, maxBodies)}
	return h, register(o.Registerer, h.total)
}

// ServeHTTP answers one callback. Nothing is read beyond the path before its mac
// fits; every answer but 200 has an empty body.
func (h *CallbackHandler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path, err := h.verify(r.URL.Path)
	if err != nil {
		h.answer(w, h.refuse(path, noAction, VerdictForged, err))
		return
	}
	if r.Method != http.MethodPost {
		h.answer(w, h.refuse(path, noAction, VerdictMethod, nil))
		return
	}
	body, verdict := h.read(w, r)
	if verdict != "" {
		h.answer(w, h.refuse(path, noAction, verdict, nil))
		return
	}
	defer func() { <-h.bodies }()
	h.answer(w, h.receive(r.Context(), path, body))
}

// Receive takes a callback that came another way: the relay's message with its
// path and body. The mac is checked here again. The verdict tells whether the
// message may be acknowledged: see Verdict.Done.
func (h *CallbackHandler) Receive(ctx context.Context, path string, body []byte) Verdict {
	p, err := h.verify(path)
	if err != nil {
		return h.refuse(p, noAction, VerdictForged, err)
	}
	return h.receive(ctx, p, body)
}

// Done tells whether the sender is done with a callback: it is on disk, or it will
// be refused as it is each time it comes.
func (v Verdict) Done() bool {
	switch v {
	case VerdictNotDurable, VerdictBusy, VerdictSlow:
		return false
	}
	return true
}

func (h *CallbackHandler) verify(path string) (callback.Path, error) {
	p, err := callback.Parse(path)
	if rest, ok := strings.CutPrefix(path, h.o.Prefix); err != nil && ok {
		p, err = callback.Parse(rest)
	}
	if err != nil {
		return callback.Path{}, err
	}
	return p, h.o.Ring.Verify(p)
}

// read takes a place among the bodies and reads one. With a verdict it holds none.
func (h *CallbackHandler) read(w http.ResponseWriter, r *http.Request) ([]byte, Verdict) {
	if r.ContentLength > wire.MaxCallback {
		return nil, VerdictTooLarge
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.o.ReadTimeout)
	defer cancel()
	select {
	case h.bodies <- struct{}{}:
	case <-ctx.Done():
		return nil, VerdictBusy
	}
	// A writer without deadlines is a test's; the listener has its own bound.
	_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(h.o.ReadTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, wire.MaxCallback))
	if err == nil {
		return body, ""
	}
	<-h.bodies
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, VerdictTooLarge
	}
	return nil, VerdictSlow
}

// receive decodes and delivers what came on a path whose mac fits.
func (h *CallbackHandler) receive(ctx context.Context, path callback.Path, body []byte) Verdict {
	c, err := wire.DecodeCallback(body)
	if err != nil {
		return h.refuse(path, noAction, VerdictUnreadable, err)
	}
	if c.OrderID != path.OrderID {
		return h.refuse(path, c.Action, VerdictMismatch, nil)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), deliverTimeout)
	defer cancel()
	result, err := h.o.Deliver(ctx, c, body)
	if err != nil {
		return h.refuse(path, c.Action, VerdictNotDurable, err)
	}
	switch result {
	case TooMany:
		return h.refuse(path, c.Action, Verdict(TooMany), nil)
	case Repeated, UnknownOrder:
		return h.count(c.Action, Verdict(result))
	default:
		return h.count(c.Action, Verdict(Stored))
	}
}

// ErrCode is the code of a refusal; "" for what was taken.
func (v Verdict) ErrCode() errcode.Code {
	switch v {
	case VerdictForged:
		return errcode.CallbackForged
	case VerdictMethod, VerdictTooLarge, VerdictSlow, VerdictUnreadable:
		return errcode.CallbackMalformed
	case VerdictMismatch:
		return errcode.CallbackMismatch
	case VerdictNotDurable:
		return errcode.CallbackNotDurable
	case VerdictBusy:
		return errcode.CallbackBusy
	case Verdict(TooMany):
		return errcode.CallbackTooMany
	}
	return ""
}

// refuse counts, and logs what is not one of many. The order of a forged path is
// whatever its sender wrote.
func (h *CallbackHandler) refuse(path callback.Path, action wire.Action, v Verdict, err error) Verdict {
	if yes, left := h.quiet.say(v, time.Now()); yes {
		attrs := []any{slog.String(logkey.OrderID, path.OrderID), slog.String(logkey.Event, string(action)), slog.String(logkey.Reason, string(v)), slog.String(logkey.Code, string(v.ErrCode()))}
		if left > 0 {
			attrs = append(attrs, slog.Int(logkey.Count, left+1)) // with those of which nothing was said
		}
		if err != nil {
			attrs = append(attrs, slog.Any(logkey.Err, err))
		}
		h.log.Warn("callback refused", attrs...)
	}
	return h.count(action, v)
}

func (h *CallbackHandler) answer(w http.ResponseWriter, v Verdict) {
	status := v.status()
	if status != http.StatusOK {
		w.Header().Set("Connection", "close") // or the server would read the rest of the body
		w.WriteHeader(status)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	// A SaaS that has hung up will come again; the repeat changes nothing.
	_, _ = io.WriteString(w, `{"ok":true}`)
}

func (v Verdict) status() int {
	switch v {
	case VerdictForged, VerdictMethod:
		return http.StatusNotFound
	case VerdictTooLarge:
		return http.StatusRequestEntityTooLarge
	case VerdictSlow:
		return http.StatusRequestTimeout
	case VerdictUnreadable, VerdictMismatch:
		return http.StatusBadRequest
	case VerdictNotDurable, VerdictBusy:
		return http.StatusServiceUnavailable
	case Verdict(TooMany):
		return http.StatusTooManyRequests
	}
	return http.StatusOK
}
