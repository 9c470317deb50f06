package script

import (
	"fmt"
	"regexp"
	"slices"

	"edged/internal/sim/saassim"
	"edged/internal/yamlfile"
)

// check finds what the decoder cannot know.
type check struct{ *yamlfile.Decoder }

// at is a path of an element.
func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }

func (k check) required(path, got, want string) {
	if got == "" {
		k.Problem(path, "missing, want %s", want)
	}
}

// match checks a text, if it is given.
func (k check) match(path, got, pattern, want string) {
	if got != "" && !regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(got) {
		k.Problem(path, "not allowed, got %s, want %s", yamlfile.Quote(got), want)
	}
}

// secret is match for what a problem must not repeat.
func (k check) secret(path, got, pattern, want string) {
	if got != "" && !regexp.MustCompile(`^(?:`+pattern+`)$`).MatchString(got) {
		k.Problem(path, "not allowed, got %d characters, want %s", len(got), want)
	}
}

func (k check) between(path string, got, low, high int64) {
	if got < low || got > high {
		k.Problem(path, "out of range, got %d, want %d to %d", got, low, high)
	}
}

// given checks that a key is there which another one needs.
func (k check) given(path string, is bool, why string) {
	if !is {
		k.Problem(path, "missing, want it because %s", why)
	}
}

const decimal = `\d+(\.\d+)?`

func (k check) saas(s *SaaS) {
	if e := s.Service.Exponent; e != nil {
		k.between("service.exponent", int64(*e), 0, 4)
	}
	known := k.machines("service.machines", s.Service.Machines)
	k.calls("calls", s.Calls)
	for i, o := range s.Orders {
		path := at("orders", i)
		if !slices.Contains(known, o.Machine) {
			k.Problem(path+".machine", "no such machine, got %s, want %s", yamlfile.Quote(o.Machine), yamlfile.Either(known))
		}
		k.between(path+".door", int64(o.Door), 1, 99)
		k.order(path, o.Script)
	}
	k.order("otherwise", *s.Otherwise)
}

func (k check) machines(path string, all []saassim.Machine) (known []string) {
	if len(all) == 0 {
		k.Problem(path, "no machine, want at least one")
	}
	for i, m := range all {
		in := at(path, i)
		k.required(in+".id", m.ID, `a machine number such as "2412090001"`)
		if slices.Contains(known, m.ID) {
			k.Problem(in+".id", "used twice, got %s, want another", yamlfile.Quote(m.ID))
		}
		if m.ID != "" && !slices.Contains(known, m.ID) {
			known = append(known, m.ID)
		}
		k.between(in+".signal", int64(m.Signal), 0, 5)
		k.match(in+".pre_author_limit", m.PreAuthorLimit, decimal, `major units such as "50"`)
		k.match(in+".currency", m.Currency, `[A-Z]{3}`, "a currency such as EUR")
		for j, g := range m.Goods {
			k.required(at(in+".goods", j)+".id", g.ID, "a commodity id")
			k.between(at(in+".goods", j)+".price_minor", g.PriceMinor, 0, 1<<31-1)
		}
	}
	return known
}

func (k check) order(path string, o saassim.Script) {
	if o.Shop != nil {
		k.goods(path+".shop.take", o.Shop.Take)
	}
	k.decision(path+".detect", o.Detect)
	k.decision(path+".settle", o.Settle)
	k.decision(path+".contradict", o.Contradict)
	k.claim(path+".adjust", o.Adjust)
	k.claim(path+".refund", o.Refund)
	k.calls(path+".calls", o.Calls)
	k.callbacks(path+".callbacks", o.Callbacks)
}

func (k check) decision(path string, d *saassim.Decision) {
	if d != nil {
		k.between(path+".mode", int64(d.Mode), 0, 2)
		k.goods(path+".lines", d.Lines)
	}
}

func (k check) claim(path string, c *saassim.Claim) {
	if c != nil {
		k.given(path+".lines", len(c.Lines) > 0, "a claim is for something")
		k.goods(path+".lines", c.Lines)
	}
}

func (k check) goods(path string, lines []saassim.Line) {
	for i, l := range lines {
		in := at(path, i)
		k.required(in+".id", l.ID, "a commodity id")
		k.required(in+".count", l.Count, `a number such as "1" or "0.75"`)
		k.match(in+".count", l.Count, decimal, `a number such as "1" or "0.75"`)
		k.between(in+".meter", int64(l.Meter), 0, 2)
	}
}

func (k check) calls(path string, all []saassim.CallFault) {
	for i, f := range all {
		in := at(path, i)
		k.required(in+".kind", string(f.Kind), yamlfile.Either(f.Kind.Choices()))
		if f.Call != "" && !slices.Contains(saassim.Calls(), f.Call) {
			k.Problem(in+".call", "no such call, got %s, want %s", yamlfile.Quote(f.Call), yamlfile.Either(saassim.Calls()))
		}
		k.between(in+".skip", int64(f.Skip), 0, 1<<20)
		k.between(in+".times", int64(f.Times), -1, 1<<20)
		switch f.Kind {
		case saassim.Status, saassim.BodyCode:
			k.given(in+".code", f.Code != 0, fmt.Sprintf("kind is %s", f.Kind))
		case saassim.Delay:
			k.given(in+".for", f.For > 0, "kind is delay")
		}
		if f.Code != 0 {
			k.between(in+".code", int64(f.Code), 100, 599)
		}
	}
}

func (k check) callbacks(path string, all []saassim.CallbackFault) {
	for i, f := range all {
		in := at(path, i)
		k.required(in+".kind", string(f.Kind), yamlfile.Either(f.Kind.Choices()))
		if f.Action != "" && !slices.Contains(saassim.Actions(), f.Action) {
			k.Problem(in+".action", "no such action, got %s, want %s", yamlfile.Quote(f.Action), yamlfile.Either(saassim.Actions()))
		}
		if f.Kind == saassim.Late || f.Kind == saassim.Replayed {
			k.given(in+".for", f.For > 0, fmt.Sprintf("kind is %s", f.Kind))
		}
	}
}
