package saas

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"golang.org/x/time/rate"

	"edged/internal/saas/wire"
)

// Client calls the OpenApi of one account. It is safe for concurrent use. A call
// blocks until it is answered, has failed, or ctx ends; with a login and a 401 on
// its way it takes at most four times Options.Timeout, waiting for its turn not
// counted.
type Client struct {
	o         Options
	base      string
	dialer    *dialer
	transport *http.Transport
	limiter   *rate.Limiter
	tokens    *tokens
	saasTime  *saasTime
	metrics   *metrics
}

// New makes a client. It does not connect. Close it when its callers have stopped.
func New(o Options) (*Client, error) {
	base, err := o.base()
	if err != nil {
		return nil, err
	}
	o = o.withDefaults()
	c := &Client{
		o:        o,
		base:     strings.TrimRight(base.String(), "/"),
		dialer:   newDialer(o, base),
		limiter:  rate.NewLimiter(rate.Limit(o.RequestsPerSecond), max(1, int(o.RequestsPerSecond))),
		saasTime: &saasTime{now: o.Now},
	}
	c.transport = c.dialer.transport()
	c.tokens = newTokens(c.fetchToken, o.Rand)
	c.metrics, err = newMetrics(o.Registerer, o.Now, c.tokens.remaining)
	if err != nil {
		c.tokens.close()
		return nil, err
	}
	return c, nil
}

// Close ends a login under way and the kept connections. Calls after it fail.
func (c *Client) Close() {
	c.tokens.close()
	c.transport.CloseIdleConnections()
}

// Now is the SaaS's time: its last Date header and what has passed since, or the
// local clock while there was none.
func (c *Client) Now() time.Time { return c.saasTime.read() }

// TimeKnown tells whether there was an answer of the SaaS with its time.
func (c *Client) TimeKnown() bool { return c.saasTime.known() }

// Offset is how far wall is ahead of the SaaS's clock, to about a second; zero
// before its first answer.
func (c *Client) Offset(wall time.Time) time.Duration {
	if !c.saasTime.known() {
		return 0
	}
	return wall.Sub(c.saasTime.read())
}

// Login makes sure that there is a token, fetching one if there is none.
func (c *Client) Login(ctx context.Context) error {
	_, err := c.tokens.get(ctx)
	return asCall(ctx, CallLogin, err)
}

// Probe shakes hands with the SaaS (for http:// it connects) and hangs up. It is
// no API call: it takes no token and no turn.
func (c *Client) Probe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	start := time.Now()
	conn, err := c.dialer.open(ctx, "tcp", c.dialer.addr)
	if err != nil {
		class := transportClass(ctx, err)
		failed := &CallError{Call: CallProbe, Class: class, Outcome: NotSent, Err: err}
		c.observe(CallProbe, class, start, failed)
		return failed
	}
	_ = conn.Close() // nothing was said on it
	c.observe(CallProbe, ClassOK, start, nil)
	return nil
}

func (c *Client) observe(call Call, class Class, start time.Time, err error) {
	d := time.Since(start)
	c.metrics.observe(call, class)
	c.o.OnCall(call, class, d, err)
}

// fetchToken is the login itself; the token cache calls it, one at a time.
func (c *Client) fetchToken(ctx context.Context) (wire.LoginAnswer, error) {
	body, err := wire.LoginRequest{AppID: c.o.AppID, Key: c.o.Key, Secret: c.o.Secret}.Append(nil)
	if err != nil {
		return wire.LoginAnswer{}, &CallError{Call: CallLogin, Class: ClassInvalid, Outcome: NotSent, Err: err}
	}
	c.limiter.Reserve() // counted, but a login does not queue behind others: they wait for it
	var answer wire.LoginAnswer
	err = c.exchange(ctx, request{
		call: CallLogin, method: http.MethodPost, path: "/OpenApi/Login", body: body,
	}, wire.Secret{}, func(b []byte) (err error) {
		answer, err = wire.DecodeLogin(b)
		return err
	})
	var failed *CallError
	if errors.As(err, &failed) && failed.Class == ClassRefused {
		failed.Class = ClassAuth // a login that is refused in words
	}
	return answer, err
}
