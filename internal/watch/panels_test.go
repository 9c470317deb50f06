package watch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestEveryPanelShowsSomething asks a real Prometheus, which scrapes a real daemon that
// sells among simulators with faults, what each panel asks. .ci/run installs Prometheus.
func TestEveryPanelShowsSomething(t *testing.T) {
	if testing.Short() {
		t.Skip("long: a daemon, its simulators and Prometheus")
	}
	prometheus, err := exec.LookPath("prometheus")
	if err != nil {
		t.Skip("prometheus is not installed")
	}
	dir := t.TempDir()
	demo := startDemo(t, dir)
	target := demoMetrics(t, filepath.Join(dir, "demo"))
	api := startPrometheus(t, prometheus, dir, target)

	waiting := map[string]Query{} // by what a failure calls it
	asked := 0
	for _, b := range Boards() {
		for _, p := range b.Panels() {
			for _, q := range p.Queries {
				asked++
				if q.Empty == "" {
					waiting[b.Title+": "+p.Title+": "+q.Expr] = q
				} else if _, err := ask(api, q.Expr); err != nil {
					t.Errorf("%s: %s: %v", b.Title, p.Title, err)
				}
			}
		}
	}
	last := map[string]error{}
	for len(waiting) > 0 {
		for name, q := range waiting {
			n, err := ask(api, q.Expr)
			last[name] = err
			if err == nil && n > 0 {
				delete(waiting, name)
			}
		}
		select {
		case err := <-demo:
			if err != nil {
				t.Fatalf("the demonstration failed: %v", err)
			}
			for name := range waiting {
				t.Errorf("nothing to see (%v): %s", last[name], name)
			}
			return
		case <-time.After(500 * time.Millisecond):
		}
	}
	t.Logf("%d queries of %d dashboards asked", asked, len(Boards()))
}

// startDemo builds edged and lets customers come. The channel tells its end.
func startDemo(t *testing.T, dir string) <-chan error {
	t.Helper()
	exe := filepath.Join(dir, "edged")
	if out, err := exec.Command("go", "build", "-o", exe, "edged/cmd/edged").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, exe, "demo", "--auto", "15", "--faults", "--dir", filepath.Join(dir, "demo"))
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 20 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	over := make(chan struct{})
	go func() {
		defer close(over)
		if err := cmd.Wait(); err != nil {
			end <- fmt.Errorf("%w\n%s", err, out.Bytes())
			return
		}
		end <- nil
	}()
	t.Cleanup(func() { cancel(); <-over })
	return end
}

// demoMetrics waits for the address at which the daemon of a demonstration is scraped.
func demoMetrics(t *testing.T, dir string) string {
	t.Helper()
	var site struct{ Metrics string }
	deadline := time.Now().Add(time.Minute)
	for time.Now().Before(deadline) {
		b, err := os.ReadFile(filepath.Join(dir, "site.json"))
		if err == nil && json.Unmarshal(b, &site) == nil && site.Metrics != "" {
			return site.Metrics
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("no site.json in %s within a minute", dir)
	return ""
}

// startPrometheus gives the address of its API, once it answers.
func startPrometheus(t *testing.T, exe, dir, target string) string {
	t.Helper()
	config := filepath.Join(dir, "prometheus.yml")
	rules, err := filepath.Abs(recordingFile)
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("global: {scrape_interval: 1s, evaluation_interval: 1s}\nrule_files: [%q]\nscrape_configs:\n  - job_name: edged\n    static_configs: [{targets: [%q], labels: {site: demo}}]\n", rules, target)
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := ln.Addr().String()
	_ = ln.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, exe, "--config.file", config, "--storage.tsdb.path", filepath.Join(dir, "tsdb"), "--web.listen-address", addr, "--log.level", "error")
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if _, err := ask("http://"+addr, "vector(1)"); err == nil {
			return "http://" + addr
		}
	}
	cancel()
	t.Fatalf("prometheus does not answer:\n%s", out.Bytes())
	return ""
}

// ask gives the number of series that a query of a panel yields now.
func ask(api, expr string) (int, error) {
	expr = strings.NewReplacer("$job", ".*", "$site", ".*", "$instance", ".*", "$lane", ".*", "$__rate_interval", "10s", "$__interval", "10s").Replace(expr)
	resp, err := http.Get(api + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var answer struct {
		Status, Error string
		Data          struct{ Result []json.RawMessage }
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return 0, err
	}
	if answer.Status != "success" {
		return 0, fmt.Errorf("%s: %s", answer.Error, expr)
	}
	return len(answer.Data.Result), nil
}
