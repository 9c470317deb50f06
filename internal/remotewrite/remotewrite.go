// Package remotewrite pushes the daemon's metrics to a receiver of the Prometheus
// remote write protocol, versions 1.0 and 2.0, for gateways that no scraper reaches.
//
// It promises that samples arrive in the order in which they were gathered, also after
// an outage; that what waits is bounded by samples and by age, in RAM, the oldest giving
// way and counted; and that nothing of it is waited for by anybody else. A restart of
// the process loses what waits. It refuses to decide what is measured: it takes what the
// Gatherer has, and it never follows a redirect, which could carry a password away.
//
// It is two services: Gather fills the buffer, Send empties it. Gather is to be stopped
// first, so that Send's last requests carry the markers of its end.
package remotewrite

import (
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Versions of the protocol.
const (
	V1 = 1
	V2 = 2
)

// Options of a Writer. Zero bounds take the defaults.
type Options struct {
	Gatherer prometheus.Gatherer
	// URL of the receiver. Empty: the metrics of this room exist, and that is all.
	URL     string
	Version int // V1; with V2 it goes back to V1 at a receiver that speaks no other
	// Labels that every series gets unless it has one of that name.
	Labels map[string]string
	// Native sends native histograms beside their classic buckets. The receiver must
	// have them switched on: some answer 500 for ever if not.
	Native bool

	Interval   time.Duration // 30 s between two gatherings
	Timeout    time.Duration // 15 s for one request
	MaxSamples int           // 500,000 of 8 bytes wait at most
	MaxAge     time.Duration // 2 h

	// Transport is called when Send starts, and again when it is started again after
	// an error, so that a file that was missing may have come. Required with a URL.
	Transport func() (*http.Transport, error)
	// Authorize adds the password or token to a request. Optional.
	Authorize func(*http.Request)
	// Now is the time to stamp samples with; false: none is known that a receiver could
	// use. Optional.
	Now func() (time.Time, bool)

	UserAgent  string
	Logger     *slog.Logger
	Registerer prometheus.Registerer // nil: no metrics
}

const (
	batchSamples = 5000 // of several gatherings in one request; one is never cut
	retryBase    = time.Second
	retryCap     = time.Minute
	retryAfter   = 10 * time.Minute // the longest that a receiver is believed
	pace         = 500 * time.Millisecond
	flushTime    = 3 * time.Second // for the last requests
)

// Writer pushes to one receiver. Make it with New and run both of its services.
type Writer struct {
	o       Options
	log     *slog.Logger
	metrics *metrics
	buf     *buffer

	// Gather's.
	last      *layout
	gatherErr string

	// Send's.
	version  int
	failures int    // in a row
	lastErr  string // which kind of failure was logged last
}

// New makes a Writer and registers its metrics; it opens nothing yet. Errors:
// ErrOptions, or a metric registered twice.
func New(o Options) (*Writer, error) {
	if o.Gatherer == nil || o.Logger == nil || (o.URL != "" && o.Transport == nil) {
		return nil, fmt.Errorf("%w: gatherer, logger and transport are needed", ErrOptions)
	}
	setDefault(&o.Version, V1)
	setDefault(&o.Interval, 30*time.Second)
	setDefault(&o.Timeout, 15*time.Second)
	setDefault(&o.MaxSamples, 500_000)
	setDefault(&o.MaxAge, 2*time.Hour)
	if o.Version != V1 && o.Version != V2 {
		return nil, fmt.Errorf("%w: version %d of the protocol", ErrOptions, o.Version)
	}
	if o.Now == nil {
		o.Now = func() (time.Time, bool) { return time.Now(), true }
	}
	w := &Writer{o: o, log: o.Logger, buf: newBuffer(o.MaxSamples, o.MaxAge), version: o.Version}
	var err error
	w.metrics, err = newMetrics(w.buf, o.Registerer)
	return w, err
}

func setDefault[T comparable](v *T, d T) {
	var zero T
	if *v == zero {
		*v = d
	}
}
