package yamlfile

import (
	"errors"
	"strings"
	"time"
)

// Scalar is a value with a text form of its own.
type Scalar interface {
	// Parse reads the text; its error is not shown.
	Parse(text string) error
	// Want says what Parse takes.
	Want() string
}

// Chooser is a string of a closed set.
type Chooser interface{ Choices() []string }

// Either lists choices: a, b or c.
func Either(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}

// duration is a time.Duration with its unit, never negative.
type duration time.Duration

var errDuration = errors.New("malformed duration")

func (d *duration) Parse(text string) error {
	v, err := time.ParseDuration(text)
	if err != nil || v < 0 || strings.HasPrefix(text, "-") {
		return errDuration
	}
	*d = duration(v)
	return nil
}

func (*duration) Want() string { return "a duration with its unit, such as 500ms, 15s or 10m" }
