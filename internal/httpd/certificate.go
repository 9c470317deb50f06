package httpd

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

// checkEvery bounds how often handshakes look at the files.
const checkEvery = time.Second

// Certificate is a TLS certificate in two files. It is read again when a file has
// changed, as the next handshake finds; one that cannot be used leaves the old one
// in place.
type Certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex // guards the rest
	current *tls.Certificate
	expires time.Time // the earliest of the chain in the file
	seen    stamps
	checked time.Time
}

// stamps tell whether the files are those that were read last.
type stamps [2]stamp

type stamp struct {
	modified int64
	size     int64
}

// NewCertificate reads the PEM files for the first time.
func NewCertificate(certFile, keyFile string, log *slog.Logger) (*Certificate, error) {
	if log == nil {
		return nil, fmt.Errorf("%w: certificate without logger", ErrOptions)
	}
	c := &Certificate{certFile: certFile, keyFile: keyFile, log: log, checked: time.Now()}
	c.seen = c.stamps()
	if err := c.load(); err != nil {
		return nil, err
	}
	return c, nil
}

// Get is for tls.Config.GetCertificate. It never fails.
func (c *Certificate) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.current, nil
}

// Expires is when the first certificate of the chain that is served ends.
func (c *Certificate) Expires() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.look()
	return c.expires
}

// look refreshes, but not too often. It needs mu.
func (c *Certificate) look() {
	if now := time.Now(); now.Sub(c.checked) >= checkEvery {
		c.checked = now
		c.refresh()
	}
}

// refresh reads the files if they changed since the last try. It needs mu.
func (c *Certificate) refresh() {
	now := c.stamps()
	if now == c.seen {
		return
	}
	c.seen = now
	if err := c.load(); err != nil {
		c.log.Error("new certificate not usable, the old one stays", logkey.Path, c.certFile, logkey.Err, err, logkey.Code, errcode.ConfigSecret)
		return
	}
	c.log.Info("certificate reloaded", logkey.Path, c.certFile)
}

func (c *Certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("load certificate: %w", err)
	}
	expires, err := firstEnd(pair.Certificate)
	if err != nil {
		return fmt.Errorf("load certificate: %w", err)
	}
	c.current, c.expires = &pair, expires
	return nil
}

func firstEnd(chain [][]byte) (first time.Time, err error) {
	for _, der := range chain {
		cert, err := x509.ParseCertificate(der)
		if err != nil {
			return time.Time{}, err
		}
		if first.IsZero() || cert.NotAfter.Before(first) {
			first = cert.NotAfter
		}
	}
	return first, nil
}

// stamps reads both files' stamps; a missing file has an empty one.
func (c *Certificate) stamps() stamps {
	var s stamps
	for i, file := range []string{c.certFile, c.keyFile} {
		if info, err := os.Stat(file); err == nil {
			s[i] = stamp{modified: info.ModTime().UnixNano(), size: info.Size()}
		}
	}
	return s
}
