package script

import (
	"context"
	"time"

	"edged/internal/sim/displaysim"
	"edged/internal/yamlfile"
)

// Display is the file of `edged sim display`.
type Display struct {
	Display displaysim.Options `yaml:"display"` // the display itself
	Happens []Happening        `yaml:"happens"` // what happens to it, one after the other
}

// ParseDisplay reads a file. With problems the result must not be used.
func ParseDisplay(file string, data []byte) (*Display, []yamlfile.Problem) {
	s, k := &Display{}, check{yamlfile.NewDecoder(file)}
	k.Decode(data, s)
	k.between("display.rows", int64(s.Display.Rows), 0, 4)
	k.between("display.cols", int64(s.Display.Cols), 0, 40)
	k.between("display.buffer", int64(s.Display.Buffer), 0, 1<<20)
	k.between("display.rate", int64(s.Display.Rate), 0, 1<<20)
	if s.Display.Buffer > 0 {
		k.given("display.rate", s.Display.Rate > 0, "display.buffer is given")
	}
	if s.Display.Rate > 0 {
		k.given("display.buffer", s.Display.Buffer > 0, "display.rate is given")
	}
	k.happens("happens", s.Happens)
	return s, k.Problems()
}

// Happen lets everything happen to the display, until all has or ctx ends.
func (s *Display) Happen(ctx context.Context, sim *displaysim.Display) error {
	off := func(d time.Duration) {
		sim.Power(false)
		time.AfterFunc(d, func() { sim.Power(true) })
	}
	return happen(ctx, s.Happens, off, sim.Unplug)
}
