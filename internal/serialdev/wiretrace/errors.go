package wiretrace

import "errors"

var (
	// ErrOptions is returned by New when an option is missing or impossible.
	ErrOptions = errors.New("wiretrace: bad option")
	// ErrTrace is returned by Read when a file is no trace, or not a whole one.
	ErrTrace = errors.New("not a usable trace")
	// ErrDiffers is returned by Player.Play when the host did something else than the
	// trace has. It is wrapped in a *Difference.
	ErrDiffers = errors.New("the host differs from the trace")
)
