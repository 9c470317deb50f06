package httpd

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// RegisterExpiry shows how long the certificate of a listener is still valid, read
// again when its files change. now is the time that certificates are judged by. A
// listener without TLS has no series.
func (c *Certificate) RegisterExpiry(r prometheus.Registerer, listener string, now func() time.Time) error {
	err := r.Register(prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name:        "edged_certificate_expiry_seconds",
		Help:        "Time until the first certificate of a listener's chain expires; negative after it. A listener without TLS has no series.",
		ConstLabels: prometheus.Labels{"listener": listener},
	}, func() float64 { return c.Expires().Sub(now()).Seconds() }))
	if err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}
