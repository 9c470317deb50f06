package remotewrite

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
	"edged/internal/pause"
)

// Send empties the buffer until ctx ends. Then it sends what waits for three seconds at
// most, and only if the receiver was there before. An error is one of Transport.
func (w *Writer) Send(ctx context.Context) error {
	transport, err := w.o.Transport()
	if err != nil {
		return fmt.Errorf("prepare remote write: %w", err)
	}
	defer transport.CloseIdleConnections()
	client := &http.Client{
		Transport: transport, Timeout: w.o.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	w.buf.landed(false) // of a run that ended in a panic
	for w.buf.wait(ctx) {
		if !pause.For(ctx, w.next(ctx, client)) {
			break
		}
	}
	if w.failures == 0 {
		w.flush(ctx, client)
	}
	return nil
}

// next sends the oldest batch, and says how long to wait before the next one.
func (w *Writer) next(ctx context.Context, client *http.Client) time.Duration {
	batch := w.buf.take(batchSamples)
	o := w.try(ctx, client, batch)
	if ctx.Err() != nil && o.verdict == again {
		w.buf.landed(false) // the end of edged, not of the receiver
		return 0
	}
	w.buf.landed(o.verdict == taken || o.verdict == refused)
	w.count(o, batch)
	w.tell(o)
	switch o.verdict {
	case older:
		w.version = V1
		return 0
	case again:
		w.failures++
		return max(o.wait, w.backoff())
	}
	w.failures = 0
	if !w.buf.any() {
		return 0
	}
	return pace/2 + rand.N(pace) // many gateways may come out of one outage
}

// backoff is full jitter up to a bound that doubles with every failure.
func (w *Writer) backoff() time.Duration {
	bound := retryBase
	for n := w.failures; n > 1 && bound < retryCap; n-- {
		bound *= 2
	}
	return rand.N(min(bound, retryCap))
}

func (w *Writer) flush(ctx context.Context, client *http.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	for w.buf.any() {
		batch := w.buf.take(batchSamples)
		o := w.try(ctx, client, batch)
		w.buf.landed(o.verdict == taken || o.verdict == refused)
		w.count(o, batch)
		if o.verdict != taken {
			return
		}
	}
}

func (w *Writer) count(o outcome, batch []*scrape) {
	total := 0
	for _, s := range batch {
		total += s.samples()
	}
	switch o.verdict {
	case taken:
		w.metrics.requests.WithLabelValues(requestOK).Inc()
		w.metrics.samples.WithLabelValues(resultSent).Add(float64(total))
		if at, ok := w.o.Now(); ok {
			w.metrics.success.Set(float64(at.Unix()))
		}
	case refused:
		written := min(o.written, total)
		w.metrics.requests.WithLabelValues(requestRefused).Inc()
		w.metrics.samples.WithLabelValues(resultSent).Add(float64(written))
		w.metrics.samples.WithLabelValues(resultRefused).Add(float64(total - written))
	case again:
		result := requestFailed
		if o.status == http.StatusTooManyRequests {
			result = requestThrottled
		}
		w.metrics.requests.WithLabelValues(result).Inc()
	}
}

// tell logs what is new: a failure once, until it is another one or over.
func (w *Writer) tell(o outcome) {
	if o.verdict == older {
		w.log.Info("receiver of metrics speaks version 1 of remote write only", logkey.Reason, o.err.Error())
		return
	}
	if o.err == nil {
		if w.lastErr != "" {
			w.log.Info("metrics are taken again")
		}
		w.lastErr = ""
		return
	}
	// Not by the text: it may name a port that is another one each time.
	kind := fmt.Sprintf("%d/%d", o.verdict, o.status)
	if kind == w.lastErr {
		return
	}
	w.lastErr = kind
	if o.verdict == refused {
		w.log.Warn("receiver refuses metrics for good; they are not sent again", logkey.Err, o.err, logkey.Code, errcode.PushRefused)
		return
	}
	w.log.Warn("metrics are not taken; they wait", logkey.Err, o.err, logkey.Code, errcode.PushFails)
}

// verdict is what an answer means for what was sent.
type verdict int

const (
	taken   verdict = iota
	again           // nothing of it may be there
	refused         // sending it again would change nothing
	older           // the receiver speaks version 1 only
)

type outcome struct {
	verdict verdict
	status  int
	wait    time.Duration // at least, before the next try
	written int           // of a refused batch, as the receiver says
	err     error         // of all but taken
}

var errNoWord = errors.New("no word of what was written in the answer to version 2")
