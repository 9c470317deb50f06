package script

import (
	"context"
	"slices"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/yamlfile"
)

// Terminal is the file of `edged sim terminal`.
type Terminal struct {
	Terminal  readersim.Options `yaml:"terminal"`   // the terminal itself: its family, its numbers, its habits
	Faults    []readersim.Fault `yaml:"faults"`     // what goes wrong on the wire, from the start
	Cards     []readersim.Card  `yaml:"cards"`      // the customers' cards, one after the other
	Otherwise *readersim.Card   `yaml:"otherwise"`  // the card of all later customers; approved after a second
	OnlyThese bool              `yaml:"only_these"` // nobody comes after the cards
	Happens   []Happening       `yaml:"happens"`    // what happens to the terminal, one after the other
}

// Happening is one thing that happens to a device.
type Happening struct {
	After time.Duration `yaml:"after"` // from the one before it, or from the start
	What  What          `yaml:"what"`  // what happens
	For   time.Duration `yaml:"for"`   // how long the device is without it
}

// What names a happening.
type What string

// What can happen to a device.
const (
	PowerCut What = "power_cut" // it loses what it does not keep
	Unplug   What = "unplug"    // the cable is pulled
)

// Choices are all of them.
func (What) Choices() []string { return []string{string(PowerCut), string(Unplug)} }

// ParseTerminal reads a file. With problems the result must not be used.
func ParseTerminal(file string, data []byte) (*Terminal, []yamlfile.Problem) {
	s, k := &Terminal{}, check{yamlfile.NewDecoder(file)}
	k.Decode(data, s)
	if s.Otherwise == nil {
		s.Otherwise = &readersim.Card{Host: time.Second}
	}
	k.terminal(s)
	return s, k.Problems()
}

// Customers come one after the other until ctx ends; told is called with what the
// terminal's display tells each.
func (s *Terminal) Customers(ctx context.Context, sim *readersim.Terminal, told func(readersim.TapResult)) error {
	for _, card := range s.Cards {
		if err := tap(ctx, sim, card, told); err != nil {
			return nil
		}
	}
	for !s.OnlyThese {
		if err := tap(ctx, sim, *s.Otherwise, told); err != nil {
			return nil
		}
	}
	return nil
}

func tap(ctx context.Context, sim *readersim.Terminal, card readersim.Card, told func(readersim.TapResult)) error {
	result, err := sim.Tap(ctx, card)
	if err == nil {
		told(result)
	}
	return err
}

// Happen lets everything happen to the terminal, until all has or ctx ends.
func (s *Terminal) Happen(ctx context.Context, sim *readersim.Terminal) error {
	return happen(ctx, s.Happens, sim.PowerCut, sim.Unplug)
}

func happen(ctx context.Context, all []Happening, powerCut, unplug func(time.Duration)) error {
	for _, h := range all {
		timer := time.NewTimer(h.After)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return nil
		}
		if h.What == PowerCut {
			powerCut(h.For)
		} else {
			unplug(h.For)
		}
	}
	return nil
}

func (k check) terminal(s *Terminal) {
	o := s.Terminal
	if o.Family != "" && !slices.Contains(readersim.Families(), o.Family) {
		k.Problem("terminal.family", "no such family, got %s, want %s", yamlfile.Quote(o.Family), yamlfile.Either(readersim.Families()))
	}
	k.match("terminal.terminal_id", o.TerminalID, `\d{8}`, "8 digits")
	k.secret("terminal.password", o.Password, `\d{6}`, "6 digits")
	k.match("terminal.currency", o.Currency, `\d{3}`, `the 3 digits of ISO 4217, such as "978"`)
	k.match("terminal.merchant", o.Merchant, `.{1,15}`, "up to 15 characters")
	k.between("terminal.default_hold", o.DefaultHold, 0, 1<<31-1)
	k.between("terminal.max_holds", int64(o.MaxHolds), 0, 99)
	k.between("terminal.first_receipt", int64(o.FirstReceipt), 0, 9999)
	k.faults("faults", s.Faults)
	for i, c := range s.Cards {
		k.card(at("cards", i), c)
	}
	k.card("otherwise", *s.Otherwise)
	k.happens("happens", s.Happens)
}

func (k check) happens(path string, all []Happening) {
	for i, h := range all {
		k.required(at(path, i)+".what", string(h.What), yamlfile.Either(h.What.Choices()))
		k.given(at(path, i)+".for", h.For > 0, "the device comes back")
	}
}

// card: a number in a script is masked as it is on a receipt, so that no real card ends
// up in a file.
func (k check) card(path string, c readersim.Card) {
	k.secret(path+".masked", c.Masked, `\d{0,6}\*+\d{0,4}`, "a masked number such as 476173******0010")
	k.between(path+".grant_minor", c.GrantMinor, 0, 1<<31-1)
	k.faults(path+".faults", c.Faults)
}
