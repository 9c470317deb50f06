package app

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/klauspost/compress/snappy"

	"edged/internal/clock"
)

const (
	pushToken = "push-token-0815"
	pushAddr  = "127.0.0.1:9090"
)

// pushReceiver keeps what was pushed to it.
type pushReceiver struct {
	mu     sync.Mutex
	status int // of the answers; 0: none is given
	bodies [][]byte
	tokens map[string]bool
}

func (r *pushReceiver) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, err := io.ReadAll(req.Body)
	if err != nil {
		return
	}
	raw, err := snappy.Decode(nil, body)
	if err != nil {
		raw = nil
	}
	r.mu.Lock()
	status := r.status
	r.bodies = append(r.bodies, raw)
	r.tokens[req.Header.Get("Authorization")] = true
	r.mu.Unlock()
	if status == 0 {
		<-req.Context().Done()
		return
	}
	w.WriteHeader(status)
}

func (r *pushReceiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

func (r *pushReceiver) has(text string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, b := range r.bodies {
		if bytes.Contains(b, []byte(text)) {
			return true
		}
	}
	return false
}

// TestTheDaemonPushesItsMetrics: with the labels that dashboards and alerts ask for,
// with the token, which no log shows, and whatever the receiver answers, it sells.
func TestTheDaemonPushesItsMetrics(t *testing.T) {
	r := &pushReceiver{status: http.StatusNoContent, tokens: map[string]bool{}}
	var log bytes.Buffer
	inBubble(t, marketOptions{log: &log, push: "http://" + pushAddr + "/api/v1/write"}, func(b *bubble, d *daemon) {
		ln, err := b.net.listen("tcp", pushAddr)
		if err != nil {
			t.Fatal(err)
		}
		srv := &http.Server{Handler: r}
		b.parts.Go(func() { _ = srv.Serve(ln) })
		defer srv.Close()
		time.Sleep(2 * time.Minute)
		for _, status := range []int{http.StatusNoContent, http.StatusInternalServerError, http.StatusUnauthorized, 0} {
			r.answer(status)
			v := b.mustServe(visit(fmt.Sprint(status)), 5*time.Minute)
			if o := outcome(t, b.audit(d, 0), v.OrderIDs[0]); o.Outcome != "paid" {
				t.Errorf("receiver answers %d: order %+v, want paid", status, o)
			}
			time.Sleep(2 * time.Minute)
		}
		synctest.Wait()
	})
	for _, text := range []string{"edged_build_info", "gw-test", "lab", "edged_orders_total", "edged_remote_write_samples_total"} {
		if !r.has(text) {
			t.Errorf("nothing pushed has %q", text)
		}
	}
	if len(r.tokens) != 1 || !r.tokens["Bearer "+pushToken] {
		t.Errorf("authorization %v", r.tokens)
	}
	text := log.String()
	if strings.Contains(text, pushToken) {
		t.Error("the token is in the log")
	}
	for _, code := range []string{"EDG-PUSH-001", "EDG-PUSH-002"} {
		if !strings.Contains(text, code) {
			t.Errorf("the log has no %s:\n%s", code, text)
		}
	}
}

// TestSamplesAreStampedWithATimeThatCanBeTrue: a gateway that woke up in another decade
// must not shut its series at the receiver.
func TestSamplesAreStampedWithATimeThatCanBeTrue(t *testing.T) {
	inBubble(t, marketOptions{}, func(b *bubble, d *daemon) {
		b.awaitSelling(d, time.Minute)
		real := time.Now()
		for _, c := range []struct {
			name   string
			synced bool
			wall   time.Time
		}{
			{"set from a server", true, real},
			{"not set, and right", false, real},
			{"not set, and decades off", false, time.Unix(1000, 0)},
		} {
			fake := b.clock.Clock.(*clock.Fake)
			fake.SetWall(c.wall)
			fake.SetSynced(c.synced)
			at, ok := d.pushTime()
			if !ok || at.Sub(real).Abs() > 2*maxClockError {
				t.Errorf("%s: %v, %v, want %v", c.name, at, ok, real)
			}
		}
	})
}
