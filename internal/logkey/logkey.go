// Package logkey holds the one set of keys that every log record of edged uses.
// A key that is not here is not logged: a search for order_id must find every
// line that concerns an order, whichever room wrote it.
package logkey

// The keys. Amounts are integer minor units; durations are written by slog.
const (
	Component   = "component"
	Lane        = "lane"
	OrderID     = "order_id"
	SaaSOrderNo = "saas_order_no"
	MachineID   = "machine_id"
	Door        = "door"
	Device      = "device"
	Port        = "port"
	Phase       = "phase"
	Event       = "event"
	Effect      = "effect"
	Command     = "command"
	Attempt     = "attempt"
	AmountMinor = "amount_minor"
	Currency    = "currency"
	Outcome     = "outcome"
	Reason      = "reason"
	Call        = "call"
	Status      = "status"
	Frame       = "frame"
	Kind        = "kind"
	Count       = "count"
	Keys        = "keys" // of the configuration
	Applied     = "applied"
	Path        = "path"
	Addr        = "addr"
	Caller      = "caller" // of a manual action, as the kernel names it
	Wait        = "wait"
	Err         = "err"
	Code        = "code" // of errcode; `edged explain` says what it means
)
