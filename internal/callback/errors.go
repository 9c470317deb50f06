package callback

import "errors"

var (
	// ErrPath is returned when a path is not /v1/<gateway>/<orderId>/<mac>.
	ErrPath = errors.New("not a callback path")
	// ErrMac is returned when a path was not made under any of the keys, or not
	// for this gateway.
	ErrMac = errors.New("callback mac does not fit")
	// ErrKey is returned when a text is not a key: 32 bytes as 64 hex digits.
	ErrKey = errors.New("not a callback key (64 hex digits)")
	// ErrNoKey is returned when a ring is made without keys.
	ErrNoKey = errors.New("no callback key")
	// ErrName is returned when a gateway name or order id cannot stand in a path.
	ErrName = errors.New("not a name for a callback path")
)
