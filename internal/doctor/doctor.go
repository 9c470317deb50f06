// Package doctor examines a gateway while it lives: clock, name server, TLS, log-in,
// latency, machines, serial devices, disk and flash.
//
// It promises that each finding says what was seen, and of a bad one the cause and the
// next step; that it changes nothing on the gateway and opens no serial port, so that
// it can be asked while the daemon sells; and that no finding holds a secret. Logging in
// is a call like the daemon's own. It repairs nothing and judges no purchase.
package doctor

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"time"

	"edged/internal/clock"
	"edged/internal/config"
	"edged/internal/errcode"
	"edged/internal/saas/wire"
)

// Level says how much a finding matters.
type Level string

// The levels.
const (
	Good Level = "good" // as it should be
	Note Level = "note" // worth knowing; nothing to do
	Warn Level = "warn" // sells, and somebody should look
	Bad  Level = "bad"  // does not sell, or will not for long
)

// Finding is one thing that was looked at.
type Finding struct {
	Area  string       `json:"area"` // clock, network, saas, devices, disk, gateway
	Level Level        `json:"level"`
	What  string       `json:"what"` // what was seen
	Code  errcode.Code `json:"error_code,omitempty"`
	Cause string       `json:"cause,omitempty"`
	Next  string       `json:"next,omitempty"` // what the technician does
}

// Options say what to examine. Config is needed; a nil function is the real thing.
type Options struct {
	Config      *config.Config
	Key, Secret wire.Secret
	Clock       clock.Clock
	BuildDate   time.Time // certificates are never judged by an earlier time
	Root        string    // of the file system's /proc, /sys and /dev; "" is /
	TLS         *tls.Config
	Dial        func(ctx context.Context, network, addr string) (net.Conn, error)
	Resolve     func(ctx context.Context, host string) ([]string, error)
	Found       func(Finding) // is told each finding as it comes; nil is nobody
}

func (o Options) withDefaults() Options {
	if o.Dial == nil {
		o.Dial = (&net.Dialer{}).DialContext
	}
	if o.Resolve == nil {
		o.Resolve = net.DefaultResolver.LookupHost
	}
	o.Root = cmp.Or(o.Root, "/")
	return o
}

// patience bounds the whole examination of the network.
const patience = 30 * time.Second

// Examine looks at everything, within a minute. Findings come in the order in which a
// technician would look.
func Examine(ctx context.Context, o Options) []Finding {
	x := &examination{o: o.withDefaults()}
	x.gateway()
	x.clock()
	x.disk()
	x.devices()
	bounded, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if x.network(bounded) {
		x.saas(bounded)
	}
	return x.findings
}

// Worst is the worst level of findings.
func Worst(all []Finding) Level {
	rank := map[Level]int{Good: 0, Note: 1, Warn: 2, Bad: 3}
	worst := Good
	for _, f := range all {
		if rank[f.Level] > rank[worst] {
			worst = f.Level
		}
	}
	return worst
}

type examination struct {
	o        Options
	findings []Finding
}

func (x *examination) good(area, format string, args ...any) {
	x.add(Finding{Area: area, Level: Good, What: fmt.Sprintf(format, args...)})
}

func (x *examination) note(area, format string, args ...any) {
	x.add(Finding{Area: area, Level: Note, What: fmt.Sprintf(format, args...)})
}

// coded is a finding whose cause and next step stand in the catalogue of errors.
func (x *examination) coded(area string, l Level, code errcode.Code, format string, args ...any) {
	f := Finding{Area: area, Level: l, Code: code, What: fmt.Sprintf(format, args...)}
	if e, ok := errcode.Find(string(code)); ok {
		f.Cause, f.Next = e.Cause, e.Technician
	}
	x.add(f)
}

func (x *examination) add(f Finding) {
	x.findings = append(x.findings, f)
	if x.o.Found != nil {
		x.o.Found(f)
	}
}
