package spool

import "errors"

// ErrRecord is returned, inside this room, for a row whose version is unknown: its
// entry is passed over, and its number announced as a gap.
var ErrRecord = errors.New("event is not one of this version")

// ErrOptions is returned by New for options that cannot be used.
var ErrOptions = errors.New("unusable options")
