package config

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Problem is one thing wrong with a configuration file.
type Problem struct {
	File string
	Line int    // from 1; 0 when the file could not be read at all
	Path string // e.g. lanes[0].terminal.port
	Text string // what, got, wanted
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

// sortProblems puts them into the order of the file.
func sortProblems(ps []Problem) {
	slices.SortStableFunc(ps, func(a, b Problem) int { return cmp.Compare(a.Line, b.Line) })
}

// maxQuoted bounds what of a value is repeated in a problem.
const maxQuoted = 60

// quote is a value as a problem shows it.
func quote(s string) string {
	if len(s) > maxQuoted {
		s = strings.ToValidUTF8(s[:maxQuoted], "") + "…"
	}
	return fmt.Sprintf("%q", s)
}

// quoteFile is a file name as a problem shows it: whole, unless it looks like a
// secret that was put where its file's name belongs.
func quoteFile(file string) string {
	base := filepath.Base(file)
	if len(base) > maxQuoted/2 && !strings.Contains(base, ".") {
		return fmt.Sprintf("a name of %d characters", len(base))
	}
	return fmt.Sprintf("%q", file)
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
	if len(a) > maxQuoted {
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
