package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"edged/internal/pause"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

// SoakOptions of Soak.
type SoakOptions struct {
	Exe      string        // the daemon: this program
	Dir      string        // where everything is kept, for the next run too
	Lanes    int           // of the daemon
	Duration time.Duration // how long; 0: until Kills, or for ever
	Kills    int           // enough after so many in this run; 0: never
	Seed     uint64        // of a new directory; one that is there goes on with its own
	Out      io.Writer
}

// Errors of Soak.
var (
	// ErrDirty is returned when an earlier run has left findings: somebody has to look.
	ErrDirty = errors.New("an earlier run was not clean")
	// ErrTooFew is returned when Duration was over before there were Kills.
	ErrTooFew = errors.New("the time was over before there were enough kills")
)

const (
	perRound     = 10               // customers of a lane between two audits
	perSite      = 400              // customers of a site before a new one: books are compared as a whole
	patience     = 20 * time.Second // for one customer, and for his money, in the storm
	calmPatience = 90 * time.Second // until all money has come to rest, in the calm
)

// Soak serves customers to whom things go wrong, while the gateway, the terminals, the
// SaaS and the network are killed at random, and audits the books after every round. It
// blocks until it has done enough, ctx ends, or an audit is not clean: then everything
// is left as it is. What it has done is kept in soak.json. Errors: ErrUnclean, ErrDirty, ErrTooFew.
func Soak(ctx context.Context, o SoakOptions) error {
	if o.Dir == "" {
		return errors.New("soak: a directory is needed")
	}
	dir, err := makeDir(o.Dir)
	if err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	if err := writePid(dir); err != nil {
		return err
	}
	t, err := loadTally(dir, o.Seed)
	if err != nil {
		return err
	}
	if len(t.Findings) > 0 {
		return fmt.Errorf("%w: round %d of seed %d: %s; look into %s, then take it away", ErrDirty, t.Round, t.Seed, t.Findings[0], t.siteDir())
	}
	if o.Duration > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, o.Duration)
		defer cancel()
	}
	s := &soak{o: o, tally: t, enough: t.total() + o.Kills}
	for !s.done(ctx) {
		if err := s.oneSite(ctx); err != nil {
			return err
		}
	}
	t.print(o.Out)
	if o.Kills > 0 && t.total() < s.enough && errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return fmt.Errorf("%w: %d of %d", ErrTooFew, o.Kills-(s.enough-t.total()), o.Kills)
	}
	return nil
}

func writePid(dir string) error {
	if err := os.WriteFile(filepath.Join(dir, "soak.pid"), []byte(strconv.Itoa(os.Getpid())+"\n"), 0o600); err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	return nil
}

// soak is one run.
type soak struct {
	o      SoakOptions
	tally  *tally
	enough int // kills in all

	d     *demo
	storm *storm
}

func (s *soak) done(ctx context.Context) bool {
	return ctx.Err() != nil || s.o.Kills > 0 && s.tally.total() >= s.enough
}

// oneSite goes on with the site in use until it has had its customers, and takes it
// away then.
func (s *soak) oneSite(ctx context.Context) error {
	if err := s.open(ctx); err != nil {
		return err
	}
	err := errors.Join(s.rounds(ctx), s.d.end())
	if err != nil || s.tally.OnSite < perSite {
		return err
	}
	if err := os.RemoveAll(s.tally.siteDir()); err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	s.tally.Site, s.tally.OnSite = s.tally.Site+1, 0
	return s.tally.save()
}

// open starts the simulators and the daemon of the site in use. If an earlier run was
// killed, so were they: to the books that is a kill now.
func (s *soak) open(ctx context.Context) (err error) {
	wires := newLink()
	s.storm = newStorm(wires)
	o := Options{Exe: s.o.Exe, Dir: s.tally.siteDir(), Listen: siteAddress(s.tally.Site), Faults: true, Seed: s.tally.Seed, Out: s.o.Out}
	s.d, err = open(ctx, o, gear{
		lanes: s.o.Lanes, short: true, dial: wires.Wrap, wire: wires.Listen,
		point: func(_ *demo, _ int, name string) { s.storm.Point(name) },
	})
	if err != nil {
		return err
	}
	s.storm.d, s.d.child.pause = s.d, soakPause
	s.d.world.Record(world.KillDone, "start")
	if err := s.d.child.Start(); err != nil {
		return errors.Join(err, s.d.end())
	}
	return nil
}

// siteAddress is one at which nothing else of this machine dials out, so that its port
// is free for the next run.
func siteAddress(site int) string { return fmt.Sprintf("127.83.%d.%d:0", site/250%250, 1+site%250) }

func (s *soak) rounds(ctx context.Context) error {
	for !s.done(ctx) && s.tally.OnSite < perSite {
		if err := s.round(ctx); err != nil {
			return err
		}
	}
	return nil
}

// round serves customers of all lanes in the storm, and audits in the calm.
func (s *soak) round(ctx context.Context) error {
	s.tally.Round++
	if err := s.tally.save(); err != nil { // a customer's number never comes twice
		return err
	}
	begun := time.Now()
	served := s.blow(ctx)
	findings := s.rest(context.WithoutCancel(ctx))
	deaths, points := s.storm.Take()
	s.tally.add(served, deaths, points, time.Since(begun))
	if len(findings) > 0 {
		return s.dirty(findings)
	}
	s.tally.Audits++
	fmt.Fprintf(s.o.Out, "round %d: %d customers, killed %s in %s, clean; %d kills in all\n",
		s.tally.Round, served, counts(deaths), time.Since(begun).Round(100*time.Millisecond), s.tally.total())
	return s.tally.save()
}

func counts(deaths map[string]int) string {
	var parts []string
	for _, who := range []string{gateway, terminal, cloud, network} {
		parts = append(parts, fmt.Sprintf("%s %d", who, deaths[who]))
	}
	return strings.Join(parts, ", ")
}

// dirty stops it all, for somebody to look.
func (s *soak) dirty(findings []string) error {
	s.tally.Findings = findings
	for _, f := range findings {
		fmt.Fprintln(s.o.Out, "audit:", f)
	}
	fmt.Fprintf(s.o.Out, "round %d of seed %d is not clean; everything is kept in %s\n", s.tally.Round, s.tally.Seed, s.tally.siteDir())
	return errors.Join(fmt.Errorf("%w: %d findings", ErrUnclean, len(findings)), s.tally.save())
}

// blow serves every lane's customers while the storm blows; it returns how many came.
func (s *soak) blow(ctx context.Context) int {
	windy, calm := context.WithCancel(context.WithoutCancel(ctx))
	s.storm.Begin(s.tally.roundSeed())
	var wind, lanes sync.WaitGroup
	wind.Go(func() { s.storm.Run(windy) })
	var came atomic.Int64
	for i, lane := range s.d.site.lanes {
		lanes.Go(func() {
			for _, sc := range world.Plan(s.plan(i, lane)) {
				if ctx.Err() != nil || s.o.Kills > 0 && s.tally.total()+s.storm.Deaths() >= s.enough {
					return
				}
				s.customer(context.WithoutCancel(ctx), lane.name, sc)
				came.Add(1)
			}
		})
	}
	lanes.Wait()
	calm()
	wind.Wait()
	s.storm.Calm()
	return int(came.Load())
}

func (s *soak) plan(i int, lane laneSite) world.PlanOptions {
	p := s.d.plan()
	p.Seed, p.N, p.Lane, p.Goods = s.tally.roundSeed()*100+uint64(i), perRound, lane.name, cabinet(lane.machineID).Goods
	return p
}

// customer serves one as far as the storm lets it: whatever came of it, the books must
// agree in the end.
func (s *soak) customer(ctx context.Context, lane string, sc world.Scenario) {
	serve, cancel := context.WithTimeout(ctx, patience)
	visit, err := s.d.world.Serve(serve, sc)
	cancel()
	if err != nil {
		s.d.world.Record(world.NoteDone, "customer "+sc.ID+" went away unserved")
	}
	ctx, cancel = context.WithTimeout(ctx, patience)
	defer cancel()
	for sc.SaaS.Cancel == saassim.CancelAfterOpening && s.d.laneIn(ctx, lane) != nil {
		if !pause.For(ctx, time.Second) {
			break
		}
	}
	_ = s.d.world.Settled(ctx, visit) // what does not rest in the storm has the calm
}

// rest waits until all money has come to rest and every lane sells, and says what is
// wrong if they do not.
func (s *soak) rest(ctx context.Context) (findings []string) {
	ctx, cancel := context.WithTimeout(ctx, calmPatience)
	defer cancel()
	for begun, looked := time.Now(), false; ; looked = true {
		findings = s.findings(ctx)
		if len(findings) == 0 || ctx.Err() != nil {
			return findings
		}
		if _, _, failure := s.d.child.Counts(); failure != nil {
			return []string{failure.Error()}
		}
		if looked && time.Since(begun) > 10*time.Second {
			s.technician(ctx)
		}
		_ = pause.For(ctx, 500*time.Millisecond)
	}
}

func (s *soak) findings(ctx context.Context) (all []string) {
	for _, l := range s.d.notSelling(ctx) {
		all = append(all, fmt.Sprintf("lane %s does not sell: %s", l.Lane, strings.Join(l.Reasons, ", ")))
	}
	if len(all) > 0 {
		return all // its money is not at rest either
	}
	found, err := s.d.audit(ctx)
	if err != nil {
		return []string{err.Error()}
	}
	for _, f := range found {
		all = append(all, f.String())
	}
	return all
}

// technician looks at lanes that wait for a door nobody will ever report.
func (s *soak) technician(ctx context.Context) {
	for _, l := range s.d.notSelling(ctx) {
		if l.Lane != "" {
			_ = s.d.laneIn(ctx, l.Lane) // it is looked at again
		}
	}
}
