package demo

import (
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
	"edged/internal/sim/world"
)

// shop is a person at the keys: one customer at a time, and the technician who
// pulls cables.
type shop struct {
	d   *demo
	out io.Writer

	mu     sync.Mutex
	basket map[string]int         // goods in hand, by id
	note   string                 // what happened last
	cut    bool                   // the network is cut
	taps   context.CancelFunc     // of a tap under way
	goods  map[rune]saassim.Goods // by key
}

// keys serves a person until q or the end of the input.
func (d *demo) keys(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s := &shop{d: d, out: d.o.Out, basket: map[string]int{}, goods: map[rune]saassim.Goods{}}
	for i, g := range cabinet(machineID).Goods {
		s.goods['1'+rune(i)] = g
	}
	restore := raw(d.o.In)
	defer restore()
	input := make(chan byte)
	go read(ctx, d.o.In, input)
	d.world.SaaS.AddScript(machineID, door, saassim.Script{})
	tick := time.NewTicker(150 * time.Millisecond)
	defer tick.Stop()
	for {
		s.draw()
		select {
		case <-ctx.Done():
			return nil
		case key, ok := <-input:
			if !ok || key == 'q' || key == 3 {
				s.leave()
				return s.farewell(context.WithoutCancel(ctx))
			}
			s.press(ctx, rune(key))
		case <-tick.C:
		}
		if _, _, failure := d.child.Counts(); failure != nil {
			return failure
		}
	}
}

// raw makes the terminal give single keys; without a terminal keys come as lines.
func raw(in *os.File) func() {
	if in == nil || !term.IsTerminal(int(in.Fd())) {
		return func() {}
	}
	state, err := term.MakeRaw(int(in.Fd()))
	if err != nil {
		return func() {}
	}
	return func() { _ = term.Restore(int(in.Fd()), state) }
}

// read gives the keys one by one. The input cannot be interrupted: at the end of
// the demonstration a reader that still waits goes with the process.
func read(ctx context.Context, in *os.File, keys chan<- byte) {
	defer close(keys)
	b := make([]byte, 1)
	for in != nil {
		if n, err := in.Read(b); n == 0 || err != nil {
			return
		}
		select {
		case keys <- b[0]:
		case <-ctx.Done():
			return
		}
	}
}

func (s *shop) press(ctx context.Context, key rune) {
	switch key {
	case 't':
		s.tap(ctx, readersim.Card{})
	case 'x':
		s.tap(ctx, readersim.Card{Decline: 0x05})
	case 'c':
		s.closeDoor()
	case 'n':
		s.network()
	case 'k':
		s.say("the daemon was killed; it starts again")
		if s.d.child.Kill() {
			s.d.world.Record(world.KillDone, "key")
			s.d.child.Restart()
		}
	default:
		if g, ok := s.goods[key]; ok {
			s.take(g)
		}
	}
}

// tap serves one customer in the background, because the terminal takes its time.
func (s *shop) tap(ctx context.Context, card readersim.Card) {
	s.mu.Lock()
	if s.taps != nil {
		s.mu.Unlock()
		s.say("the card is at the reader already")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	s.taps = cancel
	s.mu.Unlock()
	s.say("a card is held to the reader")
	go func() {
		defer cancel()
		res, err := s.d.world.Lanes[laneName].Terminal.Tap(ctx, card)
		s.mu.Lock()
		s.taps = nil
		s.mu.Unlock()
		switch {
		case err != nil:
			s.say("the reader takes no card now")
		case res.Approved:
			s.say("the terminal says: approved, " + euro(res.AmountMinor) + " held")
		default:
			s.say(fmt.Sprintf("the terminal says: declined (%02X)", res.Code))
		}
	}()
}

// current is the order whose door is open now.
func (s *shop) current() string {
	for _, o := range s.d.world.Ledger().Openings {
		if o.ClosedAt.IsZero() {
			return o.OrderID
		}
	}
	return ""
}

func (s *shop) take(g saassim.Goods) {
	if s.current() == "" {
		s.say("the door is closed")
		return
	}
	s.mu.Lock()
	s.basket[g.ID]++
	s.mu.Unlock()
	s.say("you take: " + g.Name)
}

func (s *shop) closeDoor() {
	order := s.current()
	if order == "" {
		s.say("the door is closed")
		return
	}
	s.mu.Lock()
	var taken []world.Pick
	for id, n := range s.basket {
		taken = append(taken, world.Pick{Goods: id, Count: fmt.Sprint(n)})
	}
	s.basket = map[string]int{}
	s.mu.Unlock()
	if err := s.d.world.CloseDoor(order, taken); err != nil {
		s.say(err.Error())
		return
	}
	s.say("the door is closed; the goods are being recognised")
}

func (s *shop) network() {
	s.mu.Lock()
	s.cut = !s.cut
	cut := s.cut
	s.mu.Unlock()
	s.d.world.SaaS.Cut(cut)
	if cut {
		s.say("the network is cut")
	} else {
		s.say("the network is back")
	}
}

// leave closes what stands open, so that the money can come to rest.
func (s *shop) leave() {
	s.d.world.SaaS.Cut(false)
	if s.current() != "" {
		s.closeDoor()
	}
}

// farewell waits a little for the money to come to rest and has it proved.
func (s *shop) farewell(ctx context.Context) error {
	fmt.Fprint(s.out, "\r\n\r\nwaiting for the money to come to rest, then the audit ...\r\n")
	ctx, cancel := context.WithTimeout(ctx, settleWithin)
	defer cancel()
	for {
		findings, err := s.d.audit(ctx)
		if err == nil && len(findings) == 0 || ctx.Err() != nil {
			return s.d.verdict(findings)
		}
		select {
		case <-ctx.Done():
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func (s *shop) say(text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.note = text
}

// draw paints the customer's display, what is in hand and the keys.
func (s *shop) draw() {
	screen := s.d.world.Lanes[laneName].Display.Screen()
	rows := strings.SplitN(screen.Text()+"\n", "\n", 3)
	starts, kills, _ := s.d.child.Counts()
	s.mu.Lock()
	defer s.mu.Unlock()
	var b strings.Builder
	b.WriteString("\x1b[H\x1b[2J")
	line := func(format string, v ...any) { fmt.Fprintf(&b, format+"\r\n", v...) }
	line("edged demo: the real daemon among simulators. Its directory: %s", s.d.o.Dir)
	line("")
	line("  ╭──────────────────────╮   the customer's display")
	line("  │ %-20s │", rows[0])
	line("  │ %-20s │", rows[1])
	line("  ╰──────────────────────╯")
	line("  network %-4s  daemon started %d times, killed %d", onOff(!s.cut), starts, kills)
	line("  in hand: %s", s.inHand())
	line("  > %s", s.note)
	line("")
	line("  t tap a card   x tap a card that is declined   c close the door")
	line("  1-%d take goods: %s", len(s.goods), s.shelf())
	line("  n cut the network or bring it back   k kill the daemon   q quit and audit")
	fmt.Fprint(s.out, b.String())
}

func onOff(on bool) string {
	if on {
		return "up"
	}
	return "CUT"
}

func (s *shop) inHand() string {
	var parts []string
	for _, g := range cabinet(machineID).Goods {
		if n := s.basket[g.ID]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d× %s", n, g.Name))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

func (s *shop) shelf() string {
	var parts []string
	for i, g := range cabinet(machineID).Goods {
		parts = append(parts, fmt.Sprintf("%d %s %s", i+1, g.Name, euro(g.PriceMinor)))
	}
	return strings.Join(parts, ", ")
}
