package zvtterm

import (
	"errors"

	"edged/internal/errcode"
)

// What Start returns. Neither of them has an Ended to follow.
var (
	// ErrBusy is returned while another command has not ended.
	ErrBusy = errors.New("zvtterm: terminal is busy with another command")
	// ErrDetached is returned while no terminal is attached.
	ErrDetached = errcode.New(errcode.ZVTDetached, "zvtterm: no terminal attached")
	// ErrOptions is returned by New when an option is missing or impossible.
	ErrOptions = errors.New("zvtterm: bad option")
)

// What ends a line, or interrupts waiting on it. They become the Why of Detached.
var (
	errTimeout  = errors.New("nothing came in time")
	errWake     = errors.New("woken")
	errNotTaken = errcode.New(errcode.ZVTNotTaken, "terminal acknowledges nothing")
	errGarbage  = errcode.New(errcode.ZVTGarbage, "terminal sends garbage")
	errNoFrame  = errcode.New(errcode.ZVTNoFrame, "bytes come and none of them is a frame: is the baud rate right?")
	errSilent   = errcode.New(errcode.ZVTSilent, "terminal does not answer")
	errUnusable = errcode.New(errcode.ZVTUnusable, "terminal is not usable")
	errConfig   = errcode.New(errcode.ZVTSettings, "terminal refuses our settings")
	// errFaster: the line is to be opened again at another rate.
	errFaster = errors.New("terminal changes its baud rate")
	// errBuild: a command cannot be written, so nothing was sent.
	errBuild = errcode.New(errcode.ZVTBuild, "command cannot be built")
	// errNotDurable: the poster could not make a result durable in time.
	errNotDurable = errcode.New(errcode.ZVTNotDurable, "result was not made durable in time")
)
