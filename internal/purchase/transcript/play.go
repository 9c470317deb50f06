package transcript

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"edged/internal/purchase"
)

// Clock is the time of a script: every clock that edged keeps.
type Clock struct{ Now purchase.Stamp }

// Start is the clock at the beginning of a script.
func Start() Clock {
	return Clock{Now: purchase.Stamp{Boot: "boot-1", Mono: 60_000, Powered: 3_600_000, Reach: 3_000_000, Wall: 1_764_000_000_000, Synced: true}}
}

// Pass lets d go by.
func (c *Clock) Pass(d time.Duration, unreachable bool) {
	ms := d.Milliseconds()
	c.Now.Mono += ms
	c.Now.Powered += ms
	c.Now.Wall += ms
	if !unreachable {
		c.Now.Reach += ms
	}
}

// Reboot starts the machine anew: another boot id, and Mono from the beginning.
func (c *Clock) Reboot() {
	c.Now.Boot += "+"
	c.Now.Mono = 20_000
}

// Watch is told every event that is played and what it yielded.
type Watch func(before purchase.State, ev purchase.Event, after purchase.State, effects []purchase.Effect)

// Play plays the script and gives its text with the output that came. watch may
// be nil. Errors: ErrSyntax, or a bug that Step reports.
func (s Script) Play(watch Watch) (string, error) {
	p := player{clock: Start(), watch: watch}
	output := make([][]string, len(s.Lines))
	for i, l := range s.Lines {
		if err := p.line(l); err != nil {
			return "", fmt.Errorf("%s: %w", s.Name, err)
		}
		output[i], p.out = p.out, nil
	}
	return s.render(output), nil
}

type player struct {
	state purchase.State
	clock Clock
	last  purchase.Body
	watch Watch
	out   []string

	quiet  bool          // do not list the deadlines
	fired  string        // the deadline told last in this wait, with its output
	times  int           // it came again
	lastAt time.Duration // at the latest
}

func (p *player) line(l Line) error {
	switch {
	case l.terms:
		return nil
	case l.Wait != nil:
		return p.wait(*l.Wait)
	case l.Restart != nil:
		if l.Restart.Reboot {
			p.clock.Reboot()
		}
		return p.tell(purchase.Restarted{})
	case l.Again:
		return p.tell(p.last)
	}
	body, err := l.Event(p.state)
	if err != nil {
		return err
	}
	return p.tell(body)
}

// wait tells each deadline when it is over, as the engine does.
func (p *player) wait(w Wait) error {
	left := w.For
	for !w.Untold {
		d, ok := nextDue(p.state.Due, p.clock.Now, w.Unreachable)
		in := max(d.Left(p.clock.Now), 0)
		if !ok || in > left {
			break
		}
		p.clock.Pass(in, w.Unreachable)
		left -= in
		if err := p.fire(d.Name, w.For-left); err != nil {
			return err
		}
	}
	p.clock.Pass(left, w.Unreachable)
	p.again()
	if p.fired != "" {
		p.say("due   %s", p.due())
	}
	p.fired = ""
	return nil
}

// fire tells one deadline. The same with the same output is shown once.
func (p *player) fire(name purchase.DeadlineName, at time.Duration) error {
	before := p.out
	p.out, p.quiet = nil, true
	if err := p.tell(purchase.Due{Name: name}); err != nil {
		return err
	}
	out := p.out
	p.out, p.quiet = before, false
	text := string(name) + "\n" + strings.Join(out, "\n")
	if text == p.fired {
		p.times, p.lastAt = p.times+1, at
		return nil
	}
	p.again()
	p.fired = text
	p.say("after %s: due %s", clean(at), name)
	p.out = append(p.out, out...)
	return nil
}

// again says how often the last deadline came once more.
func (p *player) again() {
	if p.times > 0 {
		p.say("and again, %d times, the last after %s", p.times, clean(p.lastAt))
	}
	p.times = 0
}

// nextDue is the deadline that is over first.
func nextDue(due []purchase.Deadline, now purchase.Stamp, unreachable bool) (first purchase.Deadline, found bool) {
	for _, d := range due {
		if d.Clock == purchase.OnReach && unreachable && !d.Over(now) {
			continue
		}
		if !found || d.Left(now) < first.Left(now) {
			first, found = d, true
		}
	}
	return first, found
}

func (p *player) tell(body purchase.Body) error {
	p.last = body
	ev := purchase.Event{Order: Order(), At: p.clock.Now, Body: body}
	before := p.state
	after, effects, err := purchase.Step(before, ev)
	if errors.Is(err, purchase.ErrPerson) {
		p.say("no    %s", short(err.Error()))
		return nil
	}
	if err != nil {
		return err
	}
	if p.watch != nil {
		p.watch(before, ev, after, effects)
	}
	p.state = after
	return p.show(before, effects)
}

func (p *player) say(format string, v ...any) { p.out = append(p.out, fmt.Sprintf(format, v...)) }
