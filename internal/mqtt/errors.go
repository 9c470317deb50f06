package mqtt

import (
	"errors"

	"edged/internal/errcode"
)

var (
	// ErrRefused is returned when the broker has answered, and will not have this
	// gateway: user name, password, client identifier or protocol.
	ErrRefused = errcode.New(errcode.MQTTRefused, "broker refuses the connection")

	// ErrAway is returned when no connection could be made, or it was lost.
	ErrAway = errcode.New(errcode.MQTTAway, "broker cannot be reached")

	// ErrSilent is returned when the broker holds the connection and acknowledges
	// nothing.
	ErrSilent = errcode.New(errcode.MQTTSilent, "broker does not acknowledge")

	// ErrOptions is returned by New for options that cannot be used.
	ErrOptions = errors.New("unusable options")
)
