package machines

import "edged/internal/errcode"

// ErrNothingToHold is returned when the SaaS wants nothing held, or less.
var ErrNothingToHold = errcode.New(errcode.LaneLimitUnknown, "must be more than zero")
