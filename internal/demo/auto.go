package demo

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"edged/internal/demo/audit"
	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

const (
	serveWithin  = 40 * time.Second // one customer, restarts of the daemon included
	settleWithin = 40 * time.Second // until the money has come to rest
	auditTries   = 10
	auditPause   = 100 * time.Millisecond
)

// auto serves the customers of a plan and has the money proved.
func (d *demo) auto(ctx context.Context) error {
	fmt.Fprintf(d.o.Out, "edged demo: %d customers, seed %d; shortened for the run: %s; %s\n",
		d.o.Auto, d.o.Seed, strings.Join(shortened(), "; "), shortTimers())
	begun := time.Now()
	for i, sc := range world.Plan(d.plan()) {
		if err := d.customer(ctx, i, sc); err != nil {
			return err
		}
	}
	if d.o.Kill {
		d.killer.Table(d.o.Out)
		for _, m := range d.killer.Missed() {
			fmt.Fprintln(d.o.Out, "never killed at", m)
		}
	}
	findings, err := d.settledAudit(ctx)
	if err != nil {
		return err
	}
	starts, kills, _ := d.child.Counts()
	fmt.Fprintf(d.o.Out, "%d customers in %s, %d kills, %d starts of the daemon\n",
		d.o.Auto, time.Since(begun).Round(100*time.Millisecond), kills, starts)
	return d.verdict(findings)
}

// plan asks for customers that fit the windows of the shortened configuration.
func (d *demo) plan() world.PlanOptions {
	return world.PlanOptions{
		Seed: d.o.Seed, N: d.o.Auto, Faults: d.o.Faults, Lane: laneName, Goods: cabinet(machineID).Goods,
		OpenDeadline: openDeadline, ResolveWindow: resolveWindow, Decision: decisionDeadline, T3: shortT3,
	}
}

// customer serves one and waits until the money has come to rest.
func (d *demo) customer(ctx context.Context, i int, sc world.Scenario) error {
	if d.o.Kill {
		d.killer.Begin()
	}
	serve, cancel := context.WithTimeout(ctx, serveWithin)
	visit, err := d.world.Serve(serve, sc)
	cancel()
	if err != nil {
		return d.stuck(ctx, sc, "was not served", err)
	}
	if sc.SaaS.Cancel == saassim.CancelAfterOpening {
		if err := d.laneIn(ctx, laneName); err != nil {
			return err
		}
	}
	settle, cancel := context.WithTimeout(ctx, settleWithin)
	err = d.world.Settled(settle, visit)
	cancel()
	d.killer.End()
	if err != nil {
		return d.stuck(ctx, sc, "was served and the money did not come to rest", err)
	}
	fmt.Fprintf(d.o.Out, "%3d  %s\n", i+1, d.line(sc, visit))
	_, _, failure := d.child.Counts()
	return failure
}

func (d *demo) stuck(ctx context.Context, sc world.Scenario, what string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	_, _, failure := d.child.Counts()
	return errors.Join(fmt.Errorf("customer %s (%s) %s: %w", sc.ID, sc.Kind, what, err), failure)
}

// line tells one customer's story: what was planned, taken, held and charged.
func (d *demo) line(sc world.Scenario, v world.Visit) string {
	parts := []string{sc.Kind}
	if v.Tap != nil && v.Tap.Tx != 0 {
		h, _ := d.world.Lanes[laneName].Terminal.Hold(v.Tap.Tx)
		parts = append(parts, fmt.Sprintf("hold %s: %s", euro(h.Amount), h.State))
		if h.State == readersim.Captured {
			parts[len(parts)-1] += " " + euro(h.CapturedMinor)
		}
	}
	for _, k := range v.Kills {
		parts = append(parts, "killed at "+k)
	}
	return strings.Join(parts, "; ")
}

func euro(minor int64) string { return fmt.Sprintf("%d.%02d EUR", minor/100, minor%100) }

// audit compares what terminal, SaaS, world and daemon say.
func (d *demo) audit(ctx context.Context) ([]audit.Finding, error) {
	orders, err := d.orders(ctx)
	if err != nil {
		return nil, errors.Join(ErrUnclean, err)
	}
	books := audit.Books{
		World: d.world.Ledger(), SaaS: d.world.SaaS.Ledger(), Orders: orders, Terminals: map[string]*readersim.Ledger{},
		OpenDeadline: d.pick(openDeadline, 0), RestartPause: d.child.pause,
	}
	for name, lane := range d.world.Lanes {
		books.Terminals[name] = lane.Terminal.Ledger()
	}
	return audit.Check(books), nil
}

// settledAudit looks again while it finds something: the daemon's last commit may
// come a moment after the simulators have come to rest.
func (d *demo) settledAudit(ctx context.Context) ([]audit.Finding, error) {
	for try := 1; ; try++ {
		findings, err := d.audit(ctx)
		if err != nil || len(findings) == 0 || try == auditTries {
			return findings, err
		}
		time.Sleep(auditPause)
	}
}

func (d *demo) verdict(findings []audit.Finding) error {
	if len(findings) == 0 {
		fmt.Fprintln(d.o.Out, "audit: clean")
		return nil
	}
	for _, f := range findings {
		fmt.Fprintln(d.o.Out, "audit:", f)
	}
	return fmt.Errorf("%w: %d findings", ErrUnclean, len(findings))
}
