package remotewrite

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// prometheusServer is a real Prometheus with the receiver switched on.
type prometheusServer struct {
	t    *testing.T
	addr string
}

func startPrometheus(t *testing.T) *prometheusServer {
	t.Helper()
	path, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("no prometheus on this machine")
	}
	dir := t.TempDir()
	conf := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(conf, []byte("global: {scrape_interval: 1h}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &prometheusServer{t: t, addr: l.Addr().String()}
	_ = l.Close() // the address is free again
	cmd := exec.Command(path, "--config.file="+conf, "--storage.tsdb.path="+dir+"/data", "--web.listen-address="+p.addr,
		"--web.enable-remote-write-receiver", "--enable-feature=native-histograms", "--log.level=warn")
	cmd.Stdout, cmd.Stderr = io.Discard, os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		_ = cmd.Wait() // its code is that of the signal
	})
	p.await("/-/ready")
	return p
}

// await asks until the answer is 200, for a minute at most.
func (p *prometheusServer) await(path string) {
	p.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		resp, err := http.Get("http://" + p.addr + path)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				http.DefaultClient.CloseIdleConnections()
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatal("Prometheus is not ready within a minute")
}

// query gives the answer's result.
func (p *prometheusServer) query(expr string, at time.Time) (out []struct {
	Metric map[string]string
	Value  [2]any
	Values [][2]any
},
) {
	p.t.Helper()
	resp, err := http.Get("http://" + p.addr + "/api/v1/query?" + url.Values{"query": {expr}, "time": {fmt.Sprint(at.Unix())}}.Encode())
	if err != nil {
		p.t.Fatal(err)
	}
	defer http.DefaultClient.CloseIdleConnections()
	defer func() { _ = resp.Body.Close() }()
	var answer struct {
		Status, Error string
		Data          struct{ Result json.RawMessage }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || answer.Status != "success" {
		p.t.Fatalf("%s: %v %s", expr, err, answer.Error)
	}
	if err := json.Unmarshal(answer.Data.Result, &out); err != nil {
		p.t.Fatal(err)
	}
	return out
}

// TestARealPrometheusTakesAnHourInOrder: what was gathered in an hour without the
// receiver is there sample for sample, from version 1 and from version 2, which this
// Prometheus does not speak.
func TestARealPrometheusTakesAnHourInOrder(t *testing.T) {
	for _, version := range []int{V1, V2} {
		t.Run(fmt.Sprintf("configured version %d", version), func(t *testing.T) { hourThroughPrometheus(t, version) })
	}
}

func hourThroughPrometheus(t *testing.T, version int) {
	p := startPrometheus(t)
	reg := prometheus.NewRegistry()
	n := 0.0
	took := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "took_seconds", Help: "T.", Buckets: []float64{1, 2}, NativeHistogramBucketFactor: 1.1})
	reg.MustRegister(took, prometheus.NewCounterFunc(prometheus.CounterOpts{Name: "gathered_total", Help: "G."}, func() float64 { n++; return n }))
	now := time.Now().Truncate(time.Second).Add(-time.Hour)
	w, err := New(Options{
		Gatherer: reg, URL: "http://" + p.addr + "/api/v1/write", Version: version, Native: true, Logger: discard(), Registerer: reg,
		Labels:    map[string]string{"instance": "gw1", "site": "lobby", "job": "edged"},
		Transport: func() (*http.Transport, error) { return &http.Transport{}, nil },
		Now:       func() (time.Time, bool) { return now, true },
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 120 { // an hour that nobody answers in
		took.Observe(1.5)
		w.gather()
		now = now.Add(30 * time.Second)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	sent := make(chan error, 1)
	go func() { sent <- w.Send(ctx) }()
	for w.buf.any() && ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
	}
	last := now.Add(-30 * time.Second)
	checkHour(t, p, last)
	w.end() // at now
	cancel()
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if w.buf.any() {
		t.Error("something waits after the end")
	}
	if got := p.query("gathered_total", now.Add(time.Second)); len(got) != 0 {
		t.Errorf("the series goes on after its end: %v", got)
	}
	if w.version != V1 {
		t.Errorf("version %d at a receiver of version 1", w.version)
	}
}

func checkHour(t *testing.T, p *prometheusServer, last time.Time) {
	t.Helper()
	got := p.query("gathered_total[61m]", last)
	if len(got) != 1 || got[0].Metric["instance"] != "gw1" || got[0].Metric["site"] != "lobby" || len(got[0].Values) != 120 {
		t.Fatalf("got %v", got)
	}
	for i, v := range got[0].Values {
		at := time.UnixMilli(int64(math.Round(v[0].(float64) * 1000)))
		if want := last.Add(time.Duration(i-119) * 30 * time.Second); v[1] != strconv.Itoa(i+1) || !at.Equal(want) {
			t.Fatalf("sample %d is %v at %v, want %d at %v", i, v[1], at, i+1, want)
		}
	}
	for expr, want := range map[string]string{
		`took_seconds_bucket{le="2.0"}`: "120",
		`took_seconds_bucket{le="1.0"}`: "0",
		`histogram_count(took_seconds)`: "120",
		`histogram_sum(took_seconds)`:   "180",
	} {
		if got := p.query(expr, last); len(got) != 1 || got[0].Value[1] != want {
			t.Errorf("%s is %v, want %s", expr, got, want)
		}
	}
}
