package mqtt

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/url"
	"time"

	paho "github.com/eclipse/paho.mqtt.golang"
	"github.com/eclipse/paho.mqtt.golang/packets"

	"edged/internal/errcode"
)

const (
	keepAlive   = 20 * time.Second
	pingTimeout = 10 * time.Second
	openTimeout = 10 * time.Second // network, TLS and CONNACK
	ackTimeout  = 30 * time.Second
)

func schemes() []string { return []string{"tls", "ssl", "mqtts", "tcp", "mqtt", "ws", "wss"} }

// refusals are the answers of a broker that will not have us (MQTT 3.1.1 §3.2.2.3).
func refusals() []error {
	return []error{
		packets.ErrorRefusedBadProtocolVersion, packets.ErrorRefusedIDRejected,
		packets.ErrorRefusedBadUsernameOrPassword, packets.ErrorRefusedNotAuthorised,
	}
}

func codeOf(err error) errcode.Code { return errcode.Or(err, errcode.MQTTAway) }

// options are those of one connection. Each has a paho client of its own that never
// connects again by itself, keeps no session and has an empty store: what was not
// acknowledged is sent again by the spool, so that nothing of paho's state (a store
// that a connect wipes, packets sent again under an old number, tokens of a former
// connection) can outlive a connection.
func (c *Client) options(ctx context.Context, will []byte, lost func(error), opened func(net.Conn)) *paho.ClientOptions {
	o := paho.NewClientOptions()
	o.Servers = []*url.URL{c.broker}
	o.SetClientID("edged-" + c.o.Gateway)
	o.SetUsername(c.o.Username)
	o.SetPassword(c.o.Password())
	o.SetProtocolVersion(4) // 3.1.1, and no second try with 3.1
	o.SetCleanSession(true)
	o.SetAutoReconnect(false)
	o.SetConnectRetry(false)
	o.SetOrderMatters(false)
	o.SetKeepAlive(keepAlive)
	o.SetPingTimeout(pingTimeout)
	o.SetConnectTimeout(openTimeout)
	o.SetWriteTimeout(c.o.WriteTimeout)
	o.SetBinaryWill(c.topics.status(), will, 1, true)
	o.SetConnectionLostHandler(func(_ paho.Client, err error) { lost(err) })
	o.SetCustomOpenConnectionFn(func(*url.URL, paho.ClientOptions) (net.Conn, error) {
		conn, err := c.open(ctx)
		opened(conn)
		return conn, err
	})
	return o
}

// open makes the connection below MQTT. A proxy of the environment is not asked.
func (c *Client) open(ctx context.Context) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	switch c.broker.Scheme {
	case "tcp", "mqtt":
		return c.o.DialContext(ctx, "tcp", c.addr("1883"))
	case "ws":
		return c.openWebSocket(nil)
	}
	conf, err := c.tlsConfig()
	if err != nil {
		return nil, err
	}
	if c.broker.Scheme == "wss" {
		return c.openWebSocket(conf)
	}
	raw, err := c.o.DialContext(ctx, "tcp", c.addr("8883"))
	if err != nil {
		return nil, err
	}
	secure := tls.Client(raw, conf)
	if err := secure.HandshakeContext(ctx); err != nil {
		_ = raw.Close() // the handshake's error is the news
		return nil, err
	}
	return secure, nil
}

func (c *Client) openWebSocket(conf *tls.Config) (net.Conn, error) {
	direct := &paho.WebsocketOptions{Proxy: func(*http.Request) (*url.URL, error) { return nil, nil }}
	return paho.NewWebsocket(c.broker.String(), conf, openTimeout, nil, direct)
}

func (c *Client) addr(port string) string {
	if p := c.broker.Port(); p != "" {
		port = p
	}
	return net.JoinHostPort(c.broker.Hostname(), port)
}

func (c *Client) tlsConfig() (*tls.Config, error) {
	conf, err := c.o.TLS()
	if err != nil {
		return nil, err
	}
	conf = conf.Clone()
	conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
	conf.Time = c.o.VerifyTime
	if conf.ServerName == "" {
		conf.ServerName = c.broker.Hostname()
	}
	return conf, nil
}
