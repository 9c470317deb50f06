package config

import "errors"

// ErrNoLastGood is returned when no valid configuration has been kept, or the kept
// one is not valid for this build.
var ErrNoLastGood = errors.New("no last valid configuration")
