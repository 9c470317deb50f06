package transcript

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"edged/internal/money"
	"edged/internal/purchase"
)

// show says what changed: the facts by name, then phase, decision and outcome,
// the effects, and the deadlines that run.
func (p *player) show(before purchase.State, effects []purchase.Effect) error {
	facts, err := changed(before, p.state)
	if err != nil {
		return err
	}
	if len(facts) == 0 && len(effects) == 0 {
		p.say("nothing")
		return nil
	}
	dueChanged := false
	facts = slices.DeleteFunc(facts, func(f string) bool {
		dueChanged = dueChanged || f == "due"
		return f == "due"
	})
	if len(facts) > 0 {
		p.say("facts %s", strings.Join(facts, " "))
	}
	if was, is := before.Phase(), p.state.Phase(); was != is || before.Order == "" {
		p.say("phase %s", is)
	}
	p.showEnd(before)
	for _, e := range effects {
		p.say("%s", short(p.effect(e)))
	}
	if dueChanged && !p.quiet {
		p.say("due   %s", p.due())
	}
	return nil
}

// changed lists the facts of the stored state that differ.
func changed(a, b purchase.State) ([]string, error) {
	x, err := facts(a)
	if err != nil {
		return nil, err
	}
	y, err := facts(b)
	if err != nil {
		return nil, err
	}
	var names []string
	for name := range y {
		if !bytes.Equal(x[name], y[name]) {
			names = append(names, name)
		}
	}
	for name := range x {
		if _, ok := y[name]; !ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names, nil
}

func facts(s purchase.State) (map[string]json.RawMessage, error) {
	out := map[string]json.RawMessage{}
	if s.Order == "" {
		return out, nil
	}
	b, err := s.Encode()
	if err != nil {
		return nil, err
	}
	return out, json.Unmarshal(b, &out)
}

func (p *player) showEnd(before purchase.State) {
	if d := p.state.Decision; d != nil && before.Decision == nil {
		what := "give the hold back"
		if d.Charge {
			what = "charge " + p.amount(d.Total)
		}
		p.say("%s", short(note("decision "+what+" ("+string(d.Source)+")", d.Why)))
	}
	o := p.state.Outcome
	if o == nil || (before.Outcome != nil && *before.Outcome == *o) {
		return
	}
	text := "outcome " + string(o.Kind)
	if o.Captured > 0 {
		text += ", captured " + p.amount(o.Captured)
	}
	if o.Flag != "" {
		text += ", " + o.Flag
	}
	p.say("%s", short(note(text, o.Cause)))
}

func note(text, why string) string {
	if why == "" {
		return text
	}
	return text + ": " + why
}

func (p *player) amount(m money.Minor) string { return money.FormatBare(m, currency) }

func (p *player) due() string {
	if len(p.state.Due) == 0 {
		return "none"
	}
	due := slices.Clone(p.state.Due)
	slices.SortStableFunc(due, func(a, b purchase.Deadline) int {
		return int(a.Left(p.clock.Now) - b.Left(p.clock.Now))
	})
	var names []string
	for _, d := range due {
		names = append(names, string(d.Name)+" "+clean(d.Left(p.clock.Now)))
	}
	return strings.Join(names, ", ")
}

// clean writes a time without units that are zero: 20h, 1h30m.
func clean(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (p *player) effect(e purchase.Effect) string {
	switch e := e.(type) {
	case purchase.OpenDoor:
		when := "at once"
		if e.After != "" {
			when = "after " + p.command(e.After)
		}
		return fmt.Sprintf("do    open door %d of %s (try %d) %s, within %s", e.Door, e.MachineID, e.Attempt, when, clean(e.Deadline.Left(p.clock.Now)))
	case purchase.Command:
		return "do    " + p.terminal(e.TerminalCommand)
	case purchase.SendReport:
		return "send  " + report(e.Report)
	case purchase.Refused:
		return "refuse " + e.Why
	case purchase.OpenTask:
		return "task  " + strings.TrimSpace(string(e.Task)+" "+e.Subject) + ", " + p.amount(e.Amount) + ": " + e.Text
	case purchase.CloseTask:
		return "task  " + strings.TrimSpace(string(e.Task)+" "+e.Subject) + " is done: " + e.Outcome
	case purchase.Alarm:
		return "alarm " + string(e.Alarm) + ": " + e.Text
	case purchase.Poll:
		return "do    ask the SaaS about " + e.TransID
	case purchase.Remind:
		return "do    remind the customer of the door"
	}
	return fmt.Sprintf("unknown effect %T", e)
}

func (p *player) command(id purchase.CommandID) string {
	return strings.TrimPrefix(string(id), string(Order())+"/")
}

func (p *player) terminal(c purchase.TerminalCommand) string {
	text := p.command(c.ID)
	if c.Amount > 0 {
		text += " " + p.amount(c.Amount)
	}
	if c.Receipt != "" {
		return text + " of receipt " + c.Receipt
	}
	return text + " of hold " + c.Hold.Receipt
}

func report(r purchase.Report) string {
	kind := map[purchase.PayType]string{
		purchase.PayNormal: "payment", purchase.PayDeduction: "deduction", purchase.PayRefund: "refund",
	}[r.Type]
	status := "failed"
	if r.OK {
		status = "ok"
	}
	return note(fmt.Sprintf("report %d: %s %s of %s for %s", r.N, kind, status, r.OrderNo, r.OrderID), r.Message)
}
