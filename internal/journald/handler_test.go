package journald

import (
	"bytes"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/slogtest"
	"time"

	"github.com/coreos/go-systemd/v22/journal"
)

// taken is what a journal was sent.
type taken struct {
	mu  sync.Mutex
	all []string
	err error
}

func (j *taken) send(message string, p journal.Priority, fields map[string]string) error {
	j.mu.Lock()
	defer j.mu.Unlock()
	s := fmt.Sprintf("<%d>%s|", p, message)
	for _, k := range slices.Sorted(maps.Keys(fields)) {
		if k != "SYSLOG_IDENTIFIER" {
			s += fmt.Sprintf(" %s=%q", k, fields[k])
		}
	}
	j.all = append(j.all, s)
	return j.err
}

func TestEveryAttributeIsAFieldAndStandsInTheLine(t *testing.T) {
	var j taken
	log := slog.New(New(Options{Send: j.send})).With("component", "engine", "order_id", "A1")
	log.Debug("not wanted")
	log.Info("lane", "status", "selling", "wait", 1500*time.Millisecond)
	log.WithGroup("g").Warn("alarm", "kind", "unpaid")
	log.Error("commit failed", "err", errors.New("disk\nfull"), slog.Group("disk", "free", 0))
	want := []string{
		`<6>lane component=engine order_id=A1 status=selling wait=1.5s| EDGED_COMPONENT="engine" EDGED_ORDER_ID="A1" EDGED_STATUS="selling" EDGED_WAIT="1.5s"`,
		`<4>alarm component=engine order_id=A1 g.kind=unpaid| EDGED_COMPONENT="engine" EDGED_G_KIND="unpaid" EDGED_ORDER_ID="A1"`,
		`<3>commit failed component=engine order_id=A1 err="disk\nfull" disk.free=0| EDGED_COMPONENT="engine" EDGED_DISK_FREE="0" EDGED_ERR="disk\nfull" EDGED_ORDER_ID="A1"`,
	}
	if !slices.Equal(j.all, want) {
		t.Errorf("the journal got\n%s\nwant\n%s", strings.Join(j.all, "\n"), strings.Join(want, "\n"))
	}
}

func TestWhatTheJournalRefusesGoesToTheFallback(t *testing.T) {
	var out bytes.Buffer
	j := taken{err: errors.New("no journal")}
	slog.New(New(Options{Send: j.send, Fallback: &out})).Warn("alarm", "kind", "unpaid")
	if got, want := out.String(), "<4>alarm kind=unpaid\n"; got != want {
		t.Errorf("the fallback got %q, want %q", got, want)
	}
}

func TestTheLevelCanBeChanged(t *testing.T) {
	var j taken
	var level slog.LevelVar
	log := slog.New(New(Options{Send: j.send, Level: &level}))
	log.Debug("one")
	level.Set(slog.LevelDebug)
	log.Debug("two")
	if want := []string{"<7>two|"}; !slices.Equal(j.all, want) {
		t.Errorf("the journal got %q, want %q", j.all, want)
	}
}

// TestTheHandlerKeepsTheContractOfSlog runs the standard library's own tests.
func TestTheHandlerKeepsTheContractOfSlog(t *testing.T) {
	var got map[string]any
	slogtest.Run(t, func(t *testing.T) slog.Handler {
		got = map[string]any{}
		return New(Options{Send: func(message string, _ journal.Priority, fields map[string]string) error {
			got[slog.MessageKey], got[slog.LevelKey] = strings.Fields(message)[0], "x"
			if !strings.Contains(t.Name(), "zero-time") {
				got[slog.TimeKey] = time.Now() // the journal's own
			}
			for k, v := range fields {
				put(got, strings.ToLower(strings.TrimPrefix(k, "EDGED_")), v)
			}
			return nil
		}})
	}, func(*testing.T) map[string]any { return got })
}

// put makes groups of the underscores again: the tests of slog have short names.
func put(m map[string]any, key, value string) {
	if key == "syslog_identifier" {
		return
	}
	group, rest, nested := strings.Cut(key, "_")
	if !nested {
		m[key] = value
		return
	}
	g, ok := m[group].(map[string]any)
	if !ok {
		g = map[string]any{}
	}
	if capital := strings.ToUpper(group); len(group) == 1 {
		delete(m, capital)
		m[capital] = g
	}
	m[group] = g
	put(g, rest, value)
}

func FuzzField(f *testing.F) {
	f.Add("order_id")
	f.Add("Größe.x")
	f.Add(strings.Repeat("a", 100))
	valid := regexp.MustCompile(`^[A-Z][A-Z0-9_]{0,63}$`)
	f.Fuzz(func(t *testing.T, key string) {
		if got := Field(key); !valid.MatchString(got) {
			t.Errorf("field of %q is %q", key, got)
		}
	})
}
