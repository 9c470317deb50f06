// Package journald writes log records into the systemd journal with a field for each
// attribute, so that `journalctl EDGED_ORDER_ID=…` finds every line of an order.
//
// It promises that a record is a readable line in MESSAGE as well, that the fields'
// names are those the journal takes, and that a record which the journal refuses is
// written to the fallback as the plain line with its level (sd-daemon(3)), never lost in
// between. It decides neither whether the journal is there nor what is worth a record.
package journald

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"strings"
	"sync"

	"github.com/coreos/go-systemd/v22/journal"
)

// Options make a Handler.
type Options struct {
	Level    slog.Leveler // least level that is written; nil is info
	Fallback io.Writer    // takes what the journal refuses, for example stderr
	// Send hands a record over; nil is the journal of this machine. It may block for as
	// long as the journal does not take it.
	Send func(message string, p journal.Priority, fields map[string]string) error
}

// Handler is a slog.Handler. It is safe for several goroutines.
type Handler struct {
	out    *output
	text   slog.Handler // writes into out.line
	fields []field      // of WithAttrs
	group  string       // prefix of further keys, with its underscore
}

type field struct{ key, value string }

// output is shared by all handlers that come of one.
type output struct {
	mu   sync.Mutex
	o    Options
	line bytes.Buffer
}

// New returns a Handler.
func New(o Options) *Handler {
	if o.Level == nil {
		o.Level = slog.LevelInfo
	}
	if o.Send == nil {
		o.Send = journal.Send
	}
	out := &output{o: o}
	return &Handler{out: out, text: slog.NewTextHandler(&out.line, &slog.HandlerOptions{Level: o.Level, ReplaceAttr: attributesOnly})}
}

// attributesOnly drops what the journal has for itself, and the message.
func attributesOnly(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && (a.Key == slog.TimeKey || a.Key == slog.LevelKey || a.Key == slog.MessageKey) {
		return slog.Attr{}
	}
	return a
}

// Enabled implements slog.Handler.
func (h *Handler) Enabled(ctx context.Context, l slog.Level) bool { return h.text.Enabled(ctx, l) }

// Handle implements slog.Handler. Errors: of the fallback, if the journal refused too.
func (h *Handler) Handle(ctx context.Context, r slog.Record) error {
	fields := map[string]string{"SYSLOG_IDENTIFIER": "edged"}
	for _, f := range h.fields {
		fields[f.key] = f.value
	}
	r.Attrs(func(a slog.Attr) bool {
		for _, f := range flatten(h.group, a) {
			fields[f.key] = f.value
		}
		return true
	})
	h.out.mu.Lock()
	defer h.out.mu.Unlock()
	h.out.line.Reset()
	if err := h.text.Handle(ctx, r); err != nil {
		return err
	}
	message := strings.TrimRight(r.Message+" "+h.out.line.String(), " \n")
	if h.out.o.Send(message, priority(r.Level), fields) == nil {
		return nil
	}
	_, err := fmt.Fprintf(h.out.o.Fallback, "<%d>%s\n", priority(r.Level), message)
	return err
}

// WithAttrs implements slog.Handler.
func (h *Handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	n := *h
	n.text, n.fields = h.text.WithAttrs(attrs), slices.Clone(h.fields)
	for _, a := range attrs {
		n.fields = append(n.fields, flatten(h.group, a)...)
	}
	return &n
}

// WithGroup implements slog.Handler.
func (h *Handler) WithGroup(name string) slog.Handler {
	n := *h
	if name != "" {
		n.text, n.group = h.text.WithGroup(name), h.group+name+"_"
	}
	return &n
}

// flatten makes fields of an attribute; of a group one for each member.
func flatten(prefix string, a slog.Attr) (out []field) {
	v := a.Value.Resolve()
	if v.Kind() != slog.KindGroup {
		if a.Key == "" {
			return nil
		}
		return []field{{Field(prefix + a.Key), v.String()}}
	}
	if a.Key != "" {
		prefix += a.Key + "_"
	}
	for _, member := range v.Group() {
		out = append(out, flatten(prefix, member)...)
	}
	return out
}

// Field is the journal's name of an attribute: EDGED_ORDER_ID of order_id. The journal
// takes capital letters, digits and underscores, 64 of them (systemd.journal-fields(7)).
func Field(key string) string {
	name := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		case r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
			return r
		}
		return '_'
	}, key)
	name = "EDGED_" + name
	return name[:min(len(name), 64)]
}

// priority is the level as syslog(3) counts it.
func priority(l slog.Level) journal.Priority {
	switch {
	case l >= slog.LevelError:
		return journal.PriErr
	case l >= slog.LevelWarn:
		return journal.PriWarning
	case l >= slog.LevelInfo:
		return journal.PriInfo
	}
	return journal.PriDebug
}
