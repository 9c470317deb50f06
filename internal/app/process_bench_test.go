package app

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"edged/internal/purchase"
	"edged/internal/queue"
	"edged/internal/sim/readersim"
)

var idleFor = flag.Duration("app.idle", 0, "how long BenchmarkIdle looks at an idle daemon; 0 skips it")

// process is the daemon as it ships, in a process of its own.
type process struct {
	b     *testing.B
	cmd   *exec.Cmd
	ready time.Duration // from its start to READY=1
}

// buildEdged builds the program as a release is built.
func buildEdged(b *testing.B) string {
	b.Helper()
	exe := filepath.Join(b.TempDir(), "edged")
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", exe, "edged/cmd/edged")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("build: %v\n%s", err, out)
	}
	return exe
}

// run starts exe in the market and returns when it says that it is ready, as a service
// manager is told.
func (m *market) run(b *testing.B, exe string) *process {
	b.Helper()
	path := filepath.Join(m.dir, "notify.sock")
	_ = os.Remove(path)
	notify, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	if err != nil {
		b.Fatal(err)
	}
	defer notify.Close()
	p := &process{b: b, cmd: exec.Command(exe, "run", "--config", filepath.Join(m.dir, "edged.yaml"))}
	p.cmd.Env = append(os.Environ(), "NOTIFY_SOCKET="+path)
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	start := time.Now()
	if err := p.cmd.Start(); err != nil {
		b.Fatal(err)
	}
	_ = notify.SetReadDeadline(start.Add(time.Minute))
	for buf := make([]byte, 1024); p.ready == 0; {
		n, err := notify.Read(buf)
		if err != nil {
			b.Fatalf("the daemon is not ready: %v", err)
		}
		if slices.Contains(strings.Split(string(buf[:n]), "\n"), "READY=1") {
			p.ready = time.Since(start)
		}
	}
	return p
}

// end stops the process in order.
func (p *process) end() {
	p.b.Helper()
	_ = p.cmd.Process.Signal(syscall.SIGTERM)
	if err := p.cmd.Wait(); err != nil {
		p.b.Errorf("the daemon ended with %v", err)
	}
}

// usage is what the kernel says of a process.
type usage struct {
	cpu      time.Duration
	switches float64 // times a thread went to sleep
	disk     float64 // bytes it caused to be written to a disk
	fields   map[string]float64
}

func (p *process) usage() usage {
	p.b.Helper()
	u := usage{fields: map[string]float64{}}
	tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*", p.cmd.Process.Pid))
	if err != nil {
		p.b.Fatal(err)
	}
	for _, dir := range tasks {
		if b, err := os.ReadFile(filepath.Join(dir, "schedstat")); err == nil {
			ns, _ := strconv.ParseInt(strings.Fields(string(b))[0], 10, 64)
			u.cpu += time.Duration(ns)
		}
		u.switches += numbers(filepath.Join(dir, "status"))["voluntary_ctxt_switches"]
	}
	u.fields = numbers(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	u.disk = numbers(fmt.Sprintf("/proc/%d/io", p.cmd.Process.Pid))["write_bytes"]
	return u
}

// numbers reads lines "name: number".
func numbers(path string) map[string]float64 {
	out := map[string]float64{}
	f, err := os.Open(path)
	if err != nil {
		return out
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		name, rest, _ := strings.Cut(lines.Text(), ":")
		if fields := strings.Fields(rest); len(fields) > 0 {
			out[name], _ = strconv.ParseFloat(fields[0], 64)
		}
	}
	return out
}

// goroutines asks the daemon's own metrics.
func goroutines(b *testing.B, addr string) float64 {
	b.Helper()
	resp, err := http.Get("http://" + addr + "/metrics")
	if err != nil {
		b.Fatal(err)
	}
	defer resp.Body.Close()
	for lines := bufio.NewScanner(resp.Body); lines.Scan(); {
		if n, ok := strings.CutPrefix(lines.Text(), "go_goroutines "); ok {
			v, _ := strconv.ParseFloat(n, 64)
			return v
		}
	}
	b.Fatal("no go_goroutines in /metrics")
	return 0
}

// awaitAsked waits until every terminal was asked for a card.
func (m *market) awaitAsked(b *testing.B) {
	b.Helper()
	ctx, cancel := context.WithTimeout(m.ctx, time.Minute)
	defer cancel()
	for _, l := range m.world.Lanes {
		for asked := false; !asked; {
			changed := l.Terminal.Changed()
			asked = slices.ContainsFunc(l.Terminal.Ledger().Events, func(e readersim.Event) bool { return e.Command == "06 22" })
			if asked {
				continue
			}
			select {
			case <-changed:
			case <-ctx.Done():
				b.Fatalf("%s was not asked for a card", l.Name)
			}
		}
	}
}

// BenchmarkIdle looks at a daemon with four lanes that wait for cards, on the shipped
// timers. Budget (DESIGN §8): at most 25 MB and 0.5 % of one core.
func BenchmarkIdle(b *testing.B) {
	if *idleFor == 0 {
		b.Skip("-app.idle says for how long")
	}
	metrics := listenLocal(b)
	addr := metrics.Addr().String()
	metrics.Close()
	m := onRealWires(b, marketOptions{lanes: 4, metrics: addr, dir: *benchDir}, nil)
	p := m.run(b, buildEdged(b))
	defer p.end()
	m.awaitAsked(b)
	for b.Loop() {
		before := p.usage()
		time.Sleep(*idleFor)
		after := p.usage()
		b.ReportMetric(100*(after.cpu-before.cpu).Seconds()/idleFor.Seconds(), "%-of-a-core")
		b.ReportMetric((after.switches-before.switches)/idleFor.Seconds(), "wake-ups/s")
		b.ReportMetric((after.disk-before.disk)/idleFor.Seconds(), "B-disk/s")
		b.ReportMetric(after.fields["VmRSS"]/1024, "MiB-resident")
		b.ReportMetric(after.fields["RssAnon"]/1024, "MiB-anonymous")
		b.ReportMetric(after.fields["Threads"], "threads")
	}
	b.ReportMetric(goroutines(b, addr), "goroutines")
}

// BenchmarkStart measures from the start of the process to READY=1, with an empty store
// and with reports that wait for a SaaS that is away. Budget (DESIGN §8): 300 ms.
func BenchmarkStart(b *testing.B) {
	exe := buildEdged(b)
	for _, waiting := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", waiting), func(b *testing.B) {
			m := onRealWires(b, marketOptions{dir: *benchDir}, nil)
			m.world.SaaS.Cut(true)
			m.fill(b, waiting)
			var ready, cpu []time.Duration
			for b.Loop() {
				p := m.run(b, exe)
				ready = append(ready, p.ready)
				p.end()
				cpu = append(cpu, p.cmd.ProcessState.UserTime()+p.cmd.ProcessState.SystemTime())
			}
			b.ReportMetric(milliseconds(quantile(cpu, 0.5)), "cpu-p50-ms") // its end included
			b.ReportMetric(milliseconds(quantile(ready, 0.5)), "ready-p50-ms")
			b.ReportMetric(milliseconds(quantile(ready, 1)), "ready-max-ms")
		})
	}
}

// fill leaves reports in the store that have not reached the SaaS.
func (m *market) fill(b *testing.B, reports int) {
	b.Helper()
	s, err := queue.Open(m.ctx, queue.Options{Dir: m.options.Config.StateDir})
	if err != nil {
		b.Fatal(err)
	}
	const each = 500
	for range reports / each {
		err := s.Commit(m.ctx, func(tx *queue.Tx) error {
			for range each {
				if err := addReport(tx, m.options); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
}

func addReport(tx *queue.Tx, o Options) error {
	seq, err := tx.NewSeq()
	if err != nil {
		return err
	}
	order := purchase.NewOrderID([16]byte{byte(seq >> 8), byte(seq)})
	body, err := encodeReport(purchase.Report{OrderID: string(order), OrderNo: "2026112400000001", OK: true})
	if err != nil {
		return err
	}
	row, err := purchase.OutboxRow{Order: order, Report: 1, Account: account(o.Config.SaaS), Body: body}.Encode()
	if err != nil {
		return err
	}
	_, err = tx.AddReport(seq, row)
	return err
}
