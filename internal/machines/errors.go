package machines

import "errors"

// ErrNothingToHold is returned when the SaaS wants nothing held, or less.
var ErrNothingToHold = errors.New("must be more than zero")
