package app

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"edged/internal/engine"
	"edged/internal/errcode"
	"edged/internal/httpd"
	"edged/internal/logkey"
	"edged/internal/machines"
	"edged/internal/mqtt"
	"edged/internal/mqtt/spool"
	"edged/internal/purchase"
	"edged/internal/supervise"
	"edged/internal/version"
)

// Bounds of the telemetry spool beside queue.event_limit.
const (
	fleetBytes  = 64 << 20
	fleetMemory = 2 << 20
	fleetAge    = 30 * 24 * time.Hour
)

var errNoFleetAuthority = errcode.New(errcode.ConfigSecret, "no certificate in mqtt.ca_file")

// fleet tells the fleet broker what happens. Without a broker it tells nobody. None of
// its methods but run blocks.
type fleet struct {
	client *mqtt.Client // nil: no broker

	mu       sync.Mutex
	selling  map[string]bool // by lane
	machines map[string]machines.Info
}

func (a *App) makeFleet(context.Context) (err error) {
	c := a.o.Config.MQTT
	if c.Broker == "" {
		return mqtt.Absent(a.reg)
	}
	a.fleet.selling, a.fleet.machines = map[string]bool{}, map[string]machines.Info{}
	a.fleet.client, err = mqtt.New(mqtt.Options{
		Broker: c.Broker, Gateway: a.o.Config.Gateway, Site: a.o.Config.Site, Version: version.Get().Version,
		Username: c.Username, Password: a.o.Secrets.MQTTPassword.Reveal, TLS: a.fleetTLS, VerifyTime: a.verifyTime,
		DialContext: a.o.DialContext, Clock: a.o.Clock, Store: a.store,
		Limit: spool.Limit{
			Entries: int64(a.o.Config.Queue.EventLimit), Bytes: fleetBytes, Memory: fleetMemory, Age: fleetAge,
		},
		Logger: a.log, Registerer: a.reg,
	})
	return err
}

// fleetTLS reads the files of the connection. One that is missing is an error to retry,
// and costs no sale.
func (a *App) fleetTLS() (*tls.Config, error) {
	c := a.o.Config.MQTT
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CAFile != "" {
		pem, err := os.ReadFile(a.o.Config.Resolve(c.CAFile))
		if err != nil {
			return nil, err
		}
		if conf.RootCAs = x509.NewCertPool(); !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, errNoFleetAuthority
		}
	}
	if c.ClientCertFile != "" {
		cert, err := httpd.NewCertificate(a.o.Config.Resolve(c.ClientCertFile), a.o.Config.Resolve(c.ClientKeyFile), a.log)
		if err != nil {
			return nil, fmt.Errorf("client certificate of mqtt: %w", err)
		}
		conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return cert.Get(nil) }
	}
	return conf, nil
}

// fleetServices puts the connection first, so that it stops last and the end of the
// others is told too, and the telemetry behind them.
func (a *App) fleetServices(others []supervise.Service) []supervise.Service {
	if a.fleet.client == nil {
		return others
	}
	out := []supervise.Service{{Name: "mqtt", Run: a.fleet.client.Run, StopTimeout: stopTerminal}}
	return append(append(out, others...), supervise.Service{Name: "telemetry", Run: a.telemetry})
}

// moved is the engine's Moved. An order that only waits for a card is nobody's.
func (f *fleet) moved(s purchase.State) {
	if f.client == nil || s.Hold == nil && (s.Unused == nil || !s.Unused.ByCard) {
		return
	}
	held, captured, _ := s.Money()
	e := mqtt.OrderEvent{
		OrderID: string(s.Order), Lane: s.Terms.Lane, MachineID: s.Terms.MachineID, Door: s.Terms.Door, Phase: string(s.Phase()),
		Currency: string(s.Terms.Currency), Held: int64(held), Captured: int64(captured),
	}
	if s.Decision != nil {
		e.Total = int64(s.Decision.Total)
	}
	if s.Outcome != nil {
		e.Outcome = string(s.Outcome.Kind)
	}
	f.client.Event(mqtt.Event{Order: &e})
}

// alarm is the engine's Alarm.
func (f *fleet) alarm(a engine.Alarm) {
	if f.client == nil {
		return
	}
	f.client.Event(mqtt.Event{Alarm: &mqtt.AlarmEvent{
		Kind: a.Kind, Code: string(a.Code), Lane: a.Lane, OrderID: string(a.Order), Text: a.Text,
	}})
}

// show takes what a lane shows: the gateway is online while one sells.
func (f *fleet) show(v engine.LaneView) {
	if f.client == nil {
		return
	}
	f.mu.Lock()
	f.selling[v.Name] = len(v.Why) == 0
	state := mqtt.Degraded
	for _, selling := range f.selling {
		if selling {
			state = mqtt.Online
		}
	}
	f.mu.Unlock()
	f.client.State(state)
}

// telling asks how a cabinet is doing, and tells what has changed.
func (f *fleet) telling(ask func(context.Context, string) (machines.Info, error)) func(context.Context, string) (machines.Info, error) {
	if f.client == nil {
		return ask
	}
	return func(ctx context.Context, id string) (machines.Info, error) {
		i, err := ask(ctx, id)
		if err == nil {
			f.machine(id, i)
		}
		return i, err
	}
}

func (f *fleet) machine(id string, i machines.Info) {
	f.mu.Lock()
	was, known := f.machines[id]
	f.machines[id] = i
	f.mu.Unlock()
	if known && was == i {
		return
	}
	m := mqtt.Machine{MachineID: id, Signal: &i.Signal}
	if i.CelsiusKnown {
		m.Celsius = &i.Celsius
	}
	if i.LockKnown {
		m.Locked = &i.Locked
	}
	f.client.Machine(m)
}

// telemetry tells how the gateway is doing, again and again; the first time at random,
// because a fleet that comes back with the power must not speak at once.
func (a *App) telemetry(ctx context.Context) error {
	every := a.o.Config.MQTT.TelemetryInterval.Std()
	timer := time.NewTimer(rand.N(every))
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
			timer.Reset(every)
			a.fleet.client.Telemetry(a.measured(ctx))
		}
	}
}

func (a *App) measured(ctx context.Context) mqtt.Telemetry {
	t := mqtt.Telemetry{UptimeSeconds: int64(a.o.Clock.Read().SinceBoot.Seconds())}
	for _, v := range a.engine.Lanes() {
		l := mqtt.LaneTelemetry{Lane: v.Name, Selling: len(v.Why) == 0, Holds: v.Terminal.Holds}
		for _, why := range v.Why {
			l.Reasons = append(l.Reasons, string(why))
		}
		t.Lanes = append(t.Lanes, l)
	}
	st, err := a.store.Stats(ctx)
	if err == nil {
		t.Reports, t.DeadLetters, t.Events, t.DiskFreeBytes = st.Reports.Entries, st.Dead, st.Events.Entries, max(st.DiskFree, 0)
	}
	tasks, tasksErr := a.engine.Tasks(ctx)
	t.Tasks = int64(len(tasks))
	if err := errors.Join(err, tasksErr); err != nil && ctx.Err() == nil {
		a.log.Debug("telemetry is not whole", logkey.Err, err)
	}
	return t
}
