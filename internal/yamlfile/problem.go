package yamlfile

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"edged/internal/errcode"
)

// Problem is one thing wrong with a file.
type Problem struct {
	File string
	Line int    // from 1; 0 when the file could not be read at all
	Path string // e.g. lanes[0].terminal.port
	Text string // what, got, wanted
	Code errcode.Code
}

// String is file:line: path.to.key: what, got, wanted.
func (p Problem) String() string {
	where := p.File
	if p.Line > 0 {
		where = fmt.Sprintf("%s:%d", p.File, p.Line)
	}
	if p.Path == "" {
		return where + ": " + p.Text
	}
	return where + ": " + p.Path + ": " + p.Text
}

// Sort puts problems into the order of the file.
func Sort(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
}

// MaxQuoted bounds what of a value is repeated in a problem, in bytes.
const MaxQuoted = 60

// Quote is a value as a problem shows it: shortened, and on one line.
func Quote(s string) string {
	if len(s) > MaxQuoted {
		s = strings.ToValidUTF8(s[:MaxQuoted], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}

// hintFor names the known key closest to key, or all of them.
func hintFor(key string, known []string) string {
	best, distance := "", max(2, len(key)/3)+1
	for _, k := range known {
		if d := editDistance(key, k); d < distance {
			best, distance = k, d
		}
	}
	if best != "" {
		return fmt.Sprintf("want %q?", best)
	}
	return "want one of " + strings.Join(known, ", ")
}

// editDistance is the Levenshtein distance in bytes; two neighbours swapped count
// as two. Long keys are not worth comparing.
func editDistance(a, b string) int {
	if len(a) > MaxQuoted {
		return len(a)
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j+1]+1, row[j]+1)
		}
	}
	return row[len(b)]
}
