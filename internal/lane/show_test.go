package lane_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"edged/internal/lane"
	"edged/internal/money"
	"edged/internal/purchase"
)

const hour = 3_600_000 // milliseconds

// play runs the whole script and returns it with what Step yields now.
func (x *script) play(text string) (string, error) {
	x.at.Mono, x.at.Powered = hour, 100*hour // since boot, and over all boots
	x.setLane(split(""))
	x.show(nil)
	x.out.Reset()
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		if strings.HasPrefix(line, " ") {
			continue
		}
		fmt.Fprintln(&x.out, line)
		if line == "" || line[0] == '#' {
			continue
		}
		if err := x.directive(line); err != nil {
			return "", fmt.Errorf("line %d, %s: %w", i+1, line, err)
		}
	}
	return x.out.String(), nil
}

// directive plays one line. Helpers panic on what they do not understand.
func (x *script) directive(line string) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%v", r)
		}
	}()
	a := split(line)
	var effects []lane.Effect
	for _, body := range x.events(a.word(), a) {
		next, eff, err := x.watch.step(x.s, lane.Event{At: x.at, Body: body})
		if err != nil {
			return err
		}
		x.s, effects = next, append(effects, eff...)
	}
	if len(a.words) > 0 || len(a.named) > 0 {
		return fmt.Errorf("words are left: %v %v", a.words, a.named)
	}
	x.show(effects)
	return nil
}

// show tells the effects, and of the state what has changed.
func (x *script) show(effects []lane.Effect) {
	for _, e := range effects {
		fmt.Fprintln(&x.out, "    "+showEffect(e))
	}
	if why := showWhy(x.s); why != x.why {
		x.why = why
		fmt.Fprintln(&x.out, "    "+why)
	}
	kept, err := json.Marshal(x.s.Durable)
	if err != nil {
		panic(err)
	}
	if string(kept) != x.kept {
		x.kept = string(kept)
		fmt.Fprintln(&x.out, "    keep", x.kept)
	}
	if d := x.s.Wake(); d > 0 {
		fmt.Fprintln(&x.out, "    wake in", d)
	}
}

func showWhy(s lane.State) string {
	if s.Selling() {
		return "sells"
	}
	return "sells not: " + strings.Trim(fmt.Sprint(s.Why()), "[]")
}

func showEffect(e lane.Effect) string {
	switch e := e.(type) {
	case lane.NewOrder:
		return fmt.Sprintf("new order for door %d of %s, hold %s, after %q", e.Door.Number, e.Door.MachineID, money.Format(e.Limit, e.Currency), e.After)
	case lane.Start:
		if e.Command.Amount != 0 {
			return fmt.Sprintf("start %s, %s", e.Command.ID, money.Format(e.Command.Amount, e.Command.Currency))
		}
		return fmt.Sprintf("start %s", e.Command.ID)
	case lane.Abort:
		return fmt.Sprintf("abort %s", e.ID)
	case lane.Tell:
		return fmt.Sprintf("tell %s %s", e.Order, showBody(e.Body))
	case lane.OpenTask:
		return fmt.Sprintf("task %s %s: %s", e.Task, e.Subject, e.Text)
	case lane.Alarm:
		return "alarm: " + e.Text
	case lane.OpenForRestock:
		return fmt.Sprintf("open door %d of %s for restock %s", e.Door.Number, e.Door.MachineID, e.ID)
	case lane.Refused:
		return fmt.Sprintf("refuse restock %s: %s", e.ID, e.Why)
	}
	return fmt.Sprintf("%#v", e)
}

func showBody(b purchase.Body) string {
	switch b := b.(type) {
	case purchase.HoldFound:
		return "hold_found " + b.Hold.Receipt
	case purchase.Abandon:
		return "abandon, " + b.Why
	case purchase.Person:
		return "person " + string(b.Act) + ", " + b.Note
	}
	return string(b.Kind())
}
