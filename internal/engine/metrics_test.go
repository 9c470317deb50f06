package engine

import (
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"edged/internal/errcode"
	"edged/internal/purchase"
)

// counted gives the value of one series.
func counted(c prometheus.Collector) float64 { return testutil.ToFloat64(c) }

func TestTheMetricsTellAPurchase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		m := b.eng.metrics
		synctest.Wait()
		if got := counted(m.expiry.WithLabelValues("front")); !math.IsInf(got, 1) {
			t.Errorf("expiry is %v without a hold, want +Inf", got)
		}
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		time.Sleep(time.Hour)
		synctest.Wait()
		if got := counted(m.expiry.WithLabelValues("front")); got < 118.9*3600 || got > 119.1*3600 {
			t.Errorf("expiry is %v s after one of 120 h", got)
		}
		if open, held := counted(m.open.orders.WithLabelValues("opening")), counted(m.open.money.WithLabelValues("held", "EUR")); open != 1 || held != 5000 {
			t.Errorf("%v orders that open and %v held, want 1 and 5000", open, held)
		}
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		b.post(id, "detected", purchase.Detected{Source: purchase.FromDetection, OK: true, Lines: []purchase.Line{{Price: "1.50", Count: "2"}}})
		time.Sleep(5 * time.Minute)
		synctest.Wait()
		for _, c := range []struct {
			what string
			got  float64
			want float64
		}{
			{"held", counted(m.money.WithLabelValues("held", "EUR")), 5000},
			{"captured", counted(m.money.WithLabelValues("captured", "EUR")), 300},
			{"released", counted(m.money.WithLabelValues("released", "EUR")), 4700},
			{"holds open", counted(m.holds.WithLabelValues("front")), 0},
			{"still held", counted(m.open.money.WithLabelValues("held", "EUR")), 0},
			{"orders that report", counted(m.open.orders.WithLabelValues("reporting")), 1},
			{"paid orders", counted(m.orders.WithLabelValues("paid")), 1},
		} {
			if c.got != c.want {
				t.Errorf("%s: %v, want %v", c.what, c.got, c.want)
			}
		}
		if got := counted(m.eligible.WithLabelValues(classReport)); got < 280 || got > 300 {
			t.Errorf("the oldest report has waited %v s, want about 5 min", got)
		}
		b.post(id, "", purchase.Reported{Report: 1, Msg: "no such order"})
		if got := counted(m.dead.WithLabelValues(classReport)); got != 1 {
			t.Errorf("%v dead letters, want 1", got)
		}
		b.restart()
		m = b.eng.metrics
		if got := counted(m.dead.WithLabelValues(classReport)); got != 1 {
			t.Errorf("%v dead letters after a restart, want 1", got)
		}
		b.post(id, "", purchase.Reported{Report: 1, OK: true})
		if got := counted(m.dead.WithLabelValues(classReport)); got != 0 {
			t.Errorf("%v dead letters, want none once it is acknowledged", got)
		}
		b.post(id, "refund", purchase.Refund{Number: "R1", Lines: []purchase.Line{{Price: "1.50", Count: "1"}}})
		if got := counted(m.orders.WithLabelValues("paid")); got != 0 {
			t.Errorf("an order that came out of the archive counts %v times more", got)
		}
	})
}

func TestAnOpenHoldIsCountedAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		b.restart()
		if got := counted(b.eng.metrics.holds.WithLabelValues("front")); got != 1 {
			t.Fatalf("%v holds open after a restart, want 1", got)
		}
		b.post(id, "cancel", purchase.Sign{Sign: purchase.SignCancel, SaaSOrderNo: "S1"})
		synctest.Wait()
		if got := counted(b.eng.metrics.holds.WithLabelValues("front")); got != 0 {
			t.Errorf("%v holds open after the release, want none", got)
		}
	})
}

func TestAPhaseIsMeasuredByTheTimeSpentInIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t)
		defer func() { b.stop() }()
		synctest.Wait()
		b.term.taps <- struct{}{}
		synctest.Wait()
		id := b.saas.opened[0]
		b.post(id, "opened", purchase.Sign{Sign: purchase.SignOpened, SaaSOrderNo: "S1"})
		time.Sleep(20 * time.Second)
		b.post(id, "closed", purchase.Sign{Sign: purchase.SignClosed, SaaSOrderNo: "S1"})
		reg := prometheus.NewRegistry()
		reg.MustRegister(b.eng.metrics.phases)
		families, err := reg.Gather()
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range families[0].GetMetric() {
			if s.GetLabel()[0].GetValue() == string(purchase.PhaseOpen) {
				if h := s.GetHistogram(); h.GetSampleCount() != 1 || h.GetSampleSum() != 20 {
					t.Errorf("open: %d times, %v s; want once, 20 s", h.GetSampleCount(), h.GetSampleSum())
				}
			}
		}
	})
}

// restart stops the engine as a service manager does, and starts another.
func (b *bench) restart() {
	b.stop()
	b.start()
	synctest.Wait()
}

func TestEveryAlarmHasACode(t *testing.T) {
	for _, kind := range alarmKinds() {
		if _, ok := errcode.Find(string(alarmCode(kind))); !ok {
			t.Errorf("alarm %q has no code", kind)
		}
	}
}
