package yamlfile

import (
	"fmt"
	"strings"

	"edged/internal/errcode"
)

// Problems are all that was found so far, in the order of the file.
func (d *Decoder) Problems() []Problem {
	Sort(d.problems)
	return d.problems
}

// Problem adds what a check found wrong with a key, unless there is one for this key
// already or the decoder could not read it or a block around it. The line of a key that
// is missing is that of its block.
func (d *Decoder) Problem(path, format string, args ...any) {
	d.ProblemOf(errcode.ConfigValue, path, format, args...)
}

// ProblemOf is Problem for what is not just an impossible value.
func (d *Decoder) ProblemOf(code errcode.Code, path, format string, args ...any) {
	if d.reported[path] || d.Broken(path) {
		return
	}
	d.reported[path] = true
	d.Note(code, path, format, args...)
}

// Note is ProblemOf, whatever else was found.
func (d *Decoder) Note(code errcode.Code, path, format string, args ...any) {
	d.append(code, d.lineFor(path), path, format, args...)
}

// Broken tells whether the decoder could not read a key or a block around it; "" is the
// whole file.
func (d *Decoder) Broken(path string) bool {
	for ; path != ""; path = parent(path) {
		if d.failed[path] {
			return true
		}
	}
	return d.failed[""]
}

// Has tells whether the file gives a key.
func (d *Decoder) Has(path string) bool { return d.lines[path] != 0 }

// ForgetLines is for checks long after the file was read: it may have changed since.
func (d *Decoder) ForgetLines() { d.lines = map[string]int{} }

func (d *Decoder) lineFor(path string) int {
	for path != "" && !d.Has(path) {
		path = parent(path)
	}
	return d.lines[path]
}

// parent is the block around a key: lanes[0].doors → lanes[0] → lanes → "".
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func (d *Decoder) add(code errcode.Code, line int, path, format string, args ...any) {
	d.failed[path] = true
	d.append(code, line, path, format, args...)
}

func (d *Decoder) append(code errcode.Code, line int, path, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Path: path, Text: fmt.Sprintf(format, args...), Code: code})
}
