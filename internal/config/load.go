package config

import (
	"os"

	"edged/internal/errcode"
	"edged/internal/yamlfile"
)

// Load reads, decodes and validates a file and the secret files it names. Either
// the configuration is returned and may be used as a whole, or every problem is,
// in the order of the file.
func Load(file string) (*Config, []Problem) { return load(file, false) }

// Check is Load for a person who wants to know everything that is wrong: it also looks
// at the files that no sale depends on, the operator's texts. The configuration is
// returned if those alone have problems.
func Check(file string) (*Config, []Problem) { return load(file, true) }

func load(file string, texts bool) (*Config, []Problem) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, []Problem{{File: file, Text: "configuration not readable, got: " + cause(err) + ", want a file edged can read", Code: errcode.ConfigFile}}
	}
	return parseAll(file, data, texts)
}

// Parse is Load for content that has been read already; file is the name for
// problems and the place that relative *_file values are beside.
func Parse(file string, data []byte) (*Config, []Problem) { return parseAll(file, data, false) }

func parseAll(file string, data []byte, texts bool) (*Config, []Problem) {
	c, d := decode(file, data)
	if d.Broken("") {
		return nil, d.Problems() // nothing was read: what is missing would be noise
	}
	k := newChecker(d, c)
	k.validate()
	if len(d.Problems()) > 0 {
		c = nil
	}
	var inTexts []Problem
	if texts {
		_, inTexts = k.texts()
	}
	return c, append(d.Problems(), inTexts...)
}

// decode reads data over the defaults. The decoder knows lines and problems.
func decode(file string, data []byte) (*Config, *yamlfile.Decoder) {
	c, d := Defaults(), yamlfile.NewDecoder(file)
	c.source = file
	d.Decode(data, c)
	return c, d
}
