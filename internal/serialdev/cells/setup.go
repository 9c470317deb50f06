package cells

import (
	"cmp"
	"fmt"
)

// Geometry of the displays that the driver writes for.
const (
	Rows = 2
	Cols = 20
)

// Setup is how a display is prepared after power-on.
type Setup struct {
	Charset    Charset // CP858 if empty
	Brightness byte    // 1 to 4 quarters, 4 if 0
	// NoCursorCommand leaves out "cursor off" for displays that show it as text
	// (section 1.2).
	NoCursorCommand bool
}

// Filled puts the defaults in. ErrSetup for a charset or brightness that no display has.
func (s Setup) Filled() (Setup, error) {
	s.Charset, s.Brightness = cmp.Or(s.Charset, CP858), cmp.Or(s.Brightness, 4)
	if !s.Charset.Valid() {
		return s, fmt.Errorf("charset %q: %w", s.Charset, ErrSetup)
	}
	if s.Brightness > 4 {
		return s, fmt.Errorf("brightness %d: %w", s.Brightness, ErrSetup)
	}
	return s, nil
}
