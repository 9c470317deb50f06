package config

import "os"

// Load reads, decodes and validates a file and the secret files it names. Either
// the configuration is returned and may be used as a whole, or every problem is,
// in the order of the file.
func Load(file string) (*Config, []Problem) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, []Problem{{File: file, Text: "configuration not readable, got: " + cause(err) + ", want a file edged can read"}}
	}
	return Parse(file, data)
}

// Parse is Load for content that has been read already; file is the name for
// problems and the place that relative *_file values are beside.
func Parse(file string, data []byte) (*Config, []Problem) {
	c, d := decode(file, data)
	if d.failed[""] {
		return nil, d.problems // nothing was read: what is missing would be noise
	}
	k := newChecker(d, c)
	k.validate()
	_, inTexts := k.texts()
	sortProblems(d.problems)
	if problems := append(d.problems, inTexts...); len(problems) > 0 {
		return nil, problems
	}
	return c, nil
}
