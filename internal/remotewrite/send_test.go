package remotewrite

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// inOrder checks that points go up by one and in time, without a hole if whole.
func inOrder(t *testing.T, points []point, whole bool) {
	t.Helper()
	for i := 1; i < len(points); i++ {
		a, b := points[i-1], points[i]
		if b.at <= a.at || b.value <= a.value || whole && b.value != a.value+1 {
			t.Fatalf("point %d is %v, before it %v", i, b, a)
		}
	}
}

func TestEveryIntervalIsPushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := push(t, nil)
		after(10*every + time.Second)
		got := p.r.points("gathered_total", V1)
		inOrder(t, got, true)
		if len(got) < 10 || got[0].value != 1 || got[1].at-got[0].at != every.Milliseconds() {
			t.Errorf("got %v", got)
		}
		h := p.r.requests()[0].header
		for name, want := range map[string]string{
			"Content-Encoding": "snappy", "Content-Type": "application/x-protobuf", "X-Prometheus-Remote-Write-Version": "0.1.0", "User-Agent": "edged/test",
		} {
			if h.Get(name) != want {
				t.Errorf("%s: %q, want %q", name, h.Get(name), want)
			}
		}
		if s := decode(t, V1, p.r.requests()[0].body); !strings.HasSuffix(s[len(s)-1].labels, `{instance="gw1"}`) {
			t.Errorf("labels %s", s[len(s)-1].labels)
		}
	})
}

func TestAnHourWithoutReceiverArrivesInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := push(t, nil)
		p.r.setDown(true)
		after(time.Hour)
		if waiting, age := p.buf.state(); waiting < 100 || age < 59*time.Minute {
			t.Errorf("%d samples wait, for %v", waiting, age)
		}
		p.r.setDown(false)
		after(5 * time.Minute)
		got := p.r.points("gathered_total", V1)
		inOrder(t, got, true)
		if len(got) < 128 || got[0].value != 1 {
			t.Errorf("%d points arrived, the first %v", len(got), got[:min(1, len(got))])
		}
		if n := strings.Count(p.log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings of one outage:\n%s", n, p.log)
		}
		t.Logf("%d points in %d requests; %g tries failed", len(got), len(p.r.requests()), p.counted("requests", requestFailed))
	})
}

func TestTheOldestGiveWay(t *testing.T) {
	for _, c := range []struct {
		name, result string
		change       func(*Options)
	}{
		{"when the buffer is full", resultFull, func(o *Options) { o.MaxSamples = 300 }},
		{"when they are too old", resultOld, func(o *Options) { o.MaxAge = 10 * time.Minute }},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := push(t, c.change)
				p.r.setDown(true)
				after(2 * time.Hour)
				waiting, age := p.buf.state()
				if waiting > 420 || age > 2*time.Hour-time.Minute {
					t.Errorf("%d samples wait, for %v", waiting, age)
				}
				p.r.setDown(false)
				after(10 * time.Minute)
				got := p.r.points("gathered_total", V1)
				inOrder(t, got, true) // the hole is before the first
				if len(got) < 20 || got[0].value < 100 {
					t.Errorf("got %v", got)
				}
				if n := p.counted("samples", c.result); n < 1000 {
					t.Errorf("%g samples counted as lost", n)
				}
			})
		})
	}
}

func TestWhatWaitsIsRepeatedUntilItIsTaken(t *testing.T) {
	for _, c := range []struct {
		name   string
		a      answer
		result string
		pause  time.Duration // at least
	}{
		{"a fault of the receiver", answer{status: 500}, requestFailed, 0},
		{"a pause of seconds", answer{status: 503, header: http.Header{"Retry-After": {"90"}}}, requestFailed, 90 * time.Second},
		{"a pause until a date of the receiver's clock", answer{status: 429, header: http.Header{
			"Date": {"Mon, 02 Jan 2006 15:04:05 GMT"}, "Retry-After": {"Mon, 02 Jan 2006 15:06:05 GMT"},
		}}, requestThrottled, 2 * time.Minute},
		{"a pause without end", answer{status: 429, header: http.Header{"Retry-After": {"99999999"}}}, requestThrottled, retryAfter},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := push(t, nil)
				p.answer(c.a)
				after(15 * time.Minute)
				got := p.r.points("gathered_total", V1)
				inOrder(t, got, true)
				if len(got) == 0 || got[0].value != 1 || p.counted("requests", c.result) != 1 {
					t.Errorf("got %v; counted %g", got, p.counted("requests", c.result))
				}
				q := p.r.requests()
				if wait := q[1].at.Sub(q[0].at); wait < c.pause {
					t.Errorf("repeated after %v, want %v at least", wait, c.pause)
				}
			})
		})
	}
}

func TestWhatIsRefusedForGoodIsNotRepeated(t *testing.T) {
	for _, status := range []int{400, 401, 404, 413, 302} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := push(t, nil)
				p.answer(answer{status: status, body: "out of order sample", header: http.Header{"Location": {"http://elsewhere/"}}})
				after(5 * time.Minute)
				got := p.r.points("gathered_total", V1)
				inOrder(t, got, true)
				if len(got) == 0 || got[0].value != 2 {
					t.Errorf("got %v, want all but the first", got)
				}
				if p.counted("requests", requestRefused) != 1 || p.counted("samples", resultRefused) == 0 {
					t.Errorf("not counted")
				}
				if text := p.log.String(); !strings.Contains(text, "out of order sample") || !strings.Contains(text, "EDG-PUSH-002") {
					t.Errorf("log: %s", text)
				}
			})
		})
	}
}

func TestVersion2GoesBackToVersion1(t *testing.T) {
	for _, c := range []struct {
		name string
		a    answer
	}{
		{"when the receiver does not know it", answer{status: http.StatusUnsupportedMediaType}},
		{"when the receiver says nothing of what it wrote", answer{status: http.StatusOK}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := push(t, func(o *Options) { o.Version = V2 })
				p.answer(c.a)
				after(3 * time.Minute)
				var got []point
				for i, q := range p.r.requests() {
					version := q.header.Get("X-Prometheus-Remote-Write-Version")
					if want := map[bool]string{true: "2.0.0", false: "0.1.0"}[i == 0]; version != want {
						t.Errorf("request %d has version %s, want %s", i, version, want)
					}
					if i > 0 {
						for _, s := range decode(t, V1, q.body) {
							if strings.HasPrefix(s.labels, "gathered_total{") {
								got = append(got, s.points...)
							}
						}
					}
				}
				inOrder(t, got, true)
				if len(got) == 0 || got[0].value != 1 {
					t.Errorf("got %v, want the first too", got)
				}
			})
		})
	}
}

func TestVersion2CountsWhatWasWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := push(t, func(o *Options) { o.Version = V2 })
		wrote := func(status, n int) answer {
			return answer{status: status, header: http.Header{"X-Prometheus-Remote-Write-Samples-Written": {fmt.Sprint(n)}}}
		}
		p.answer(wrote(204, 12), wrote(400, 5))
		for range 20 {
			p.answer(wrote(204, 12))
		}
		after(5 * time.Minute)
		q := p.r.requests()
		if h := q[0].header.Get("Content-Type"); h != "application/x-protobuf;proto=io.prometheus.write.v2.Request" {
			t.Errorf("content type %q", h)
		}
		n := 0
		for _, s := range decode(t, V2, q[1].body) {
			n += len(s.points)
		}
		if got := p.counted("samples", resultRefused); got != float64(n-5) {
			t.Errorf("%g samples refused of %d, of which 5 were written", got, n)
		}
		if p.version != V2 {
			t.Error("version 2 was given up")
		}
	})
}

func TestTheEndIsPushedAtStop(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := push(t, nil)
		after(2 * time.Minute)
		p.stop()
		got := p.r.points("gathered_total", V1)
		if len(got) < 4 || !isStale(got[len(got)-1].value) {
			t.Errorf("got %v, want a marker at the end", got)
		}
	})
}

func TestAStopWaitsForNoReceiver(t *testing.T) {
	for name, spoil := range map[string]func(*receiver){
		"that is gone":           func(r *receiver) { r.down = true },
		"that takes and is mute": func(r *receiver) { r.mute = true },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := push(t, nil)
				after(2 * time.Minute)
				p.r.mu.Lock()
				spoil(p.r)
				p.r.mu.Unlock()
				after(20 * time.Second)
				began := time.Now()
				p.stop()
				if took := time.Since(began); took > flushTime {
					t.Errorf("stopping took %v, want %v at most", took, flushTime)
				}
			})
		})
	}
}

func TestSamplesWithoutAClockAreNotPushed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var known atomic.Bool
		p := push(t, func(o *Options) { o.Now = func() (time.Time, bool) { return time.Now(), known.Load() } })
		after(5 * time.Minute)
		if len(p.r.requests()) != 0 || p.counted("samples", resultNoClock) == 0 {
			t.Errorf("%d requests, %g counted", len(p.r.requests()), p.counted("samples", resultNoClock))
		}
		known.Store(true)
		after(2 * time.Minute)
		if len(p.r.points("gathered_total", V1)) == 0 {
			t.Error("nothing is pushed with a clock")
		}
	})
}

func TestATransportThatCannotBeMadeIsAnErrorToRetry(t *testing.T) {
	missing := errors.New("no CA file")
	w, err := New(Options{
		Gatherer: everyKind(t), URL: "https://receiver", Logger: discard(),
		Transport: func() (*http.Transport, error) { return nil, missing },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(t.Context()); !errors.Is(err, missing) {
		t.Errorf("got %v", err)
	}
}

func TestOptionsThatCannotBeUsedAreRefused(t *testing.T) {
	for name, o := range map[string]Options{
		"no gatherer":  {Logger: discard()},
		"no logger":    {Gatherer: everyKind(t)},
		"no transport": {Gatherer: everyKind(t), Logger: discard(), URL: "https://receiver"},
		"version 3":    {Gatherer: everyKind(t), Logger: discard(), Version: 3},
	} {
		if _, err := New(o); !errors.Is(err, ErrOptions) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
