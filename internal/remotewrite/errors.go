package remotewrite

import "errors"

// ErrOptions is returned when options cannot be used.
var ErrOptions = errors.New("unusable options")
