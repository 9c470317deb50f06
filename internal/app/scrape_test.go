package app

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"syscall"
	"testing"
	"time"
)

// Bounds of what a scrape may cost: a Prometheus of 10,000 gateways keeps every series
// in memory, and a gateway pays for the bytes of its mobile connection.
const (
	scrapeLanes  = 16
	maxScrape    = 64 << 10 // bytes of 16 lanes on the wire: a scraper asks for gzip
	maxPlain     = 96 << 10 // the same for a client that does not
	maxBase      = 640      // series of a gateway, without its lanes
	maxPerLane   = 40       // and for each lane with terminal, display and one door
	openMetrics  = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5"
	scrapeBudget = 5 * time.Millisecond
)

// scrape is one answer of /metrics; gzip is what Prometheus asks for.
func (d *daemon) scrape(encoding string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept", openMetrics)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	d.metricsHandler().ServeHTTP(w, r)
	return w
}

// seriesOf counts the lines of an answer that are samples.
func seriesOf(answer []byte) int {
	n := 0
	for line := range bytes.Lines(answer) {
		if line[0] != '#' {
			n++
		}
	}
	return n
}

// TestTheSeriesOfAGatewayAreBounded: by the number of its lanes alone, and neither by
// orders nor by what goes wrong with them.
func TestTheSeriesOfAGatewayAreBounded(t *testing.T) {
	counted := map[int]int{}
	for _, lanes := range []int{1, scrapeLanes} {
		inBubble(t, marketOptions{lanes: lanes}, func(b *bubble, d *daemon) {
			b.awaitSelling(d, time.Minute)
			before := d.scrape("identity")
			counted[lanes] = seriesOf(before.Body.Bytes())
			for _, who := range []string{"first", "second", "third"} {
				b.mustServe(visit(who), 5*time.Minute)
			}
			after := d.scrape("identity")
			if n := seriesOf(after.Body.Bytes()); n != counted[lanes] {
				t.Errorf("%d lanes: %d series, and %d after three purchases", lanes, counted[lanes], n)
			}
			packed := d.scrape("gzip")
			if packed.Header().Get("Content-Encoding") != "gzip" || packed.Body.Len() > maxScrape || after.Body.Len() > maxPlain {
				t.Errorf("%d lanes: %d bytes and %d compressed, want %d and %d at most", lanes, after.Body.Len(), packed.Body.Len(), maxPlain, maxScrape)
			}
			t.Logf("%d lanes: %d series, %d bytes, %d compressed", lanes, counted[lanes], after.Body.Len(), packed.Body.Len())
		})
	}
	perLane := float64(counted[scrapeLanes]-counted[1]) / (scrapeLanes - 1)
	if perLane > maxPerLane || float64(counted[1])-perLane > maxBase {
		t.Errorf("%g series a lane and %g without, want %d and %d at most", perLane, float64(counted[1])-perLane, maxPerLane, maxBase)
	}
}

// processor is how long this process has used a processor, simulators included.
func processor(b *testing.B) time.Duration {
	b.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// BenchmarkScrape is a scrape of a gateway with 16 lanes, without the network. On a
// machine that is shared the time of the processor says more than that of the clock.
func BenchmarkScrape(b *testing.B) {
	for _, encoding := range []string{"identity", "gzip"} {
		b.Run(encoding, func(b *testing.B) {
			m := onRealWires(b, swift(scrapeLanes), nil)
			d := m.start()
			defer d.end()
			awaitArmed(b, d)
			b.ReportAllocs()
			size, before := 0, processor(b)
			for b.Loop() {
				size = d.scrape(encoding).Body.Len()
			}
			used := (processor(b) - before) / time.Duration(b.N)
			b.ReportMetric(float64(used.Microseconds())/1000, "cpu-ms/op")
			b.ReportMetric(float64(size)/1024, "KiB")
			b.ReportMetric(float64(seriesOf(d.scrape("identity").Body.Bytes())), "series")
			if used > scrapeBudget {
				b.Logf("%v of the processor, want %v at most", used, scrapeBudget)
			}
		})
	}
}
