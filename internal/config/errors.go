package config

import (
	"edged/internal/errcode"
	"edged/internal/yamlfile"
)

// ErrNoLastGood is returned when no valid configuration has been kept, or the kept
// one is not valid for this build.
var ErrNoLastGood = errcode.New(errcode.ConfigNoLastGood, "no last valid configuration")

// Problem is one thing wrong with a configuration file.
type Problem = yamlfile.Problem
