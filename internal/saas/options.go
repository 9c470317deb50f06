package saas

import (
	"context"
	"crypto/tls"
	"fmt"
	"math/rand/v2"
	"net"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"edged/internal/saas/wire"
)

// Call names a call in errors, metrics and OnCall.
type Call string

// The calls.
const (
	CallLogin          Call = "login"
	CallMachineInfo    Call = "machine_info"
	CallCommodities    Call = "commoditys"
	CallPayConfig      Call = "pay_config"
	CallOpenDoor       Call = "open_door"
	CallRestockOpen    Call = "restock_open"
	CallRestockConfirm Call = "restock_confirm"
	CallReportPayment  Call = "report_payment"
	CallQueryOpenDoor  Call = "query_open_door"
	CallOrderDetail    Call = "order_detail"
	CallProbe          Call = "probe"
)

// Calls lists every call.
func Calls() []Call {
	return []Call{
		CallLogin, CallMachineInfo, CallCommodities, CallPayConfig, CallOpenDoor, CallRestockOpen,
		CallRestockConfirm, CallReportPayment, CallQueryOpenDoor, CallOrderDetail, CallProbe,
	}
}

// Options make a Client. The first four fields are required.
type Options struct {
	BaseURL string // https://host[:port]; http:// for tests and simulators
	AppID   string
	Key     wire.Secret
	Secret  wire.Secret

	RequestsPerSecond float64       // pace of this client; 0 = 5
	Timeout           time.Duration // of one exchange, connecting included; 0 = 5 s
	UserAgent         string        // "" = edged

	// DialContext opens the connection below TLS. nil = net.Dialer.
	DialContext func(ctx context.Context, network, addr string) (net.Conn, error)
	// TLS is cloned; nil = the system's roots. At least TLS 1.2 is required.
	TLS *tls.Config
	// VerifyTime is the time at which certificates are judged: the caller gives
	// max(clock, build date, last good time), DESIGN M10. nil = Now.
	VerifyTime func() time.Time
	// Now is the local clock; its readings should carry the monotonic one, as
	// time.Now's do. nil = time.Now.
	Now func() time.Time
	// Rand gives [0,1) for the jitter of the token refresh. nil = math/rand/v2.
	Rand func() float64

	// OnCall is told how every exchange ended, the login's included; err is nil for
	// ClassOK. It may run in any goroutine, several at a time, and must not block.
	// nil = nobody.
	OnCall func(call Call, class Class, d time.Duration, err error)
	// Registerer takes the metrics. nil = none.
	Registerer prometheus.Registerer
}

// withDefaults shows the defaults.
func (o Options) withDefaults() Options {
	if o.RequestsPerSecond <= 0 {
		o.RequestsPerSecond = 5
	}
	if o.Timeout <= 0 {
		o.Timeout = 5 * time.Second
	}
	if o.UserAgent == "" {
		o.UserAgent = "edged"
	}
	if o.DialContext == nil {
		o.DialContext = (&net.Dialer{}).DialContext
	}
	if o.TLS == nil {
		o.TLS = &tls.Config{}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.VerifyTime == nil {
		o.VerifyTime = o.Now
	}
	if o.Rand == nil {
		o.Rand = rand.Float64
	}
	if o.OnCall == nil {
		o.OnCall = func(Call, Class, time.Duration, error) {}
	}
	if o.Registerer == nil {
		o.Registerer = prometheus.NewRegistry()
	}
	return o
}

// base checks the required options and reads the base URL.
func (o Options) base() (*url.URL, error) {
	u, err := url.Parse(o.BaseURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("base url: %w", ErrOptions) // err quotes the url, which may hold a password
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
		return nil, fmt.Errorf("base url: want https://host: %w", ErrOptions)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		return nil, fmt.Errorf("base url: user, query or fragment: %w", ErrOptions)
	case o.AppID == "" || o.Key.IsZero() || o.Secret.IsZero():
		return nil, fmt.Errorf("app id, key and secret are required: %w", ErrOptions)
	}
	return u, nil
}
