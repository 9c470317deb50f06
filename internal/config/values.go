package config

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	kibi Size = 1 << 10
	mebi Size = 1 << 20
	gibi Size = 1 << 30
)

// errScalar says only that a text is not what Want() describes.
var errScalar = errors.New("malformed value")

// Duration is written as 15s, 10m or 120h and never negative.
type Duration time.Duration

// Std is the duration for the rest of the program.
func (d Duration) Std() time.Duration { return time.Duration(d) }

// Parse reads the text of the file.
func (d *Duration) Parse(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 || strings.HasPrefix(text, "-") {
		return errScalar
	}
	*d = Duration(v)
	return nil
}

// Want says what Parse takes.
func (*Duration) Want() string { return "a duration with its unit, such as 15s, 10m or 120h" }

// String writes 20h rather than 20h0m0s.
func (d Duration) String() string {
	s := time.Duration(d).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// MarshalYAML writes what Parse reads.
func (d Duration) MarshalYAML() (any, error) { return d.String(), nil }

// Size is a number of bytes, written as 4096, 512KiB, 8MiB or 1GiB.
type Size int64

// Bytes is the size for the rest of the program.
func (s Size) Bytes() int64 { return int64(s) }

// Parse reads the text of the file.
func (s *Size) Parse(text string) error {
	unit := Size(1)
	for suffix, size := range map[string]Size{"KiB": kibi, "MiB": mebi, "GiB": gibi} {
		if number, ok := strings.CutSuffix(text, suffix); ok {
			text, unit = strings.TrimSpace(number), size
		}
	}
	n, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return errScalar
	}
	*s = Size(n) * unit
	return nil
}

// Want says what Parse takes.
func (*Size) Want() string { return "a size such as 512KiB, 8MiB or 1GiB" }

// String uses the largest unit that divides the size.
func (s Size) String() string {
	switch {
	case s >= gibi && s%gibi == 0:
		return strconv.FormatInt(int64(s/gibi), 10) + "GiB"
	case s >= mebi && s%mebi == 0:
		return strconv.FormatInt(int64(s/mebi), 10) + "MiB"
	case s >= kibi && s%kibi == 0:
		return strconv.FormatInt(int64(s/kibi), 10) + "KiB"
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalYAML writes what Parse reads.
func (s Size) MarshalYAML() (any, error) { return s.String(), nil }

// Amount is an amount in major units exactly as written, e.g. "50.00"; "" means
// not set. It is turned into minor units where the currency is known.
type Amount string

// Parse takes the text of the file; what it is worth depends on the currency.
func (a *Amount) Parse(text string) error {
	*a = Amount(text)
	return nil
}

// Want says what Parse takes.
func (*Amount) Want() string { return `an amount in major units such as "50.00", or ""` }
