package deptest

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Rule says what one room may not do. A pattern is a package path; with "/..." it
// means everything below too, and "./..." is every package; the module's own
// packages are written without its name.
type Rule struct {
	Room string // pattern of the packages it is for
	// Only lists the module's packages that may be reached, directly or not, with
	// the reason in OnlyWhy; nil is no such limit.
	Only    []string
	OnlyWhy string
	Bans    []Ban
}

// Ban forbids packages and names of packages.
type Ban struct {
	// Imports are patterns. They may not be imported by the room nor by any own
	// package it reaches; with Direct, only the room itself is looked at.
	Imports []string
	Direct  bool
	// Uses are names such as time.Now, looked for in the room itself.
	Uses []string
	// Floats forbids the predeclared float types in the room itself.
	Floats bool
	// Inits forbids init functions in the room itself.
	Inits bool
	Why   string
}

// Rooms are the packages that match a pattern, sorted.
func (t *Tree) Rooms(pattern string) []string {
	var out []string
	for name := range t.packages {
		if matches(pattern, name) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out
}

// Check returns every violation of a rule, each with its reason.
func (t *Tree) Check(r Rule) []string {
	var out []string
	for _, room := range t.Rooms(r.Room) {
		out = append(out, t.checkOnly(r, room)...)
		for _, ban := range r.Bans {
			out = append(out, t.checkImports(ban, room)...)
			out = append(out, t.checkSource(ban, room)...)
		}
	}
	return out
}

func (t *Tree) checkOnly(r Rule, room string) []string {
	if r.Only == nil {
		return nil
	}
	var out []string
	for name, way := range t.reach(room) {
		if name != room && !matchesAny(r.Only, name) && !matches(r.Room, name) {
			out = append(out, fmt.Sprintf("%s reaches %s (%s): %s", room, name, strings.Join(way, " → "), r.OnlyWhy))
		}
	}
	slices.Sort(out)
	return out
}

func (t *Tree) checkImports(b Ban, room string) []string {
	reached := map[string][]string{room: {room}}
	if !b.Direct {
		reached = t.reach(room)
	}
	var out []string
	for _, name := range slices.Sorted(maps.Keys(reached)) {
		for _, imported := range t.packages[name].imports {
			if matchesAny(b.Imports, imported) {
				out = append(out, fmt.Sprintf("%s imports %s (%s → %s): %s", room, imported, strings.Join(reached[name], " → "), imported, b.Why))
			}
		}
	}
	return out
}

func (t *Tree) checkSource(b Ban, room string) []string {
	p, out := t.packages[room], []string(nil)
	for _, use := range p.uses {
		if slices.Contains(b.Uses, use.Name) {
			out = append(out, fmt.Sprintf("%s: uses %s: %s", use.At, use.Name, b.Why))
		}
	}
	if b.Floats {
		for _, at := range p.floats {
			out = append(out, fmt.Sprintf("%s: uses a float type: %s", at, b.Why))
		}
	}
	if b.Inits {
		for _, at := range p.inits {
			out = append(out, fmt.Sprintf("%s: has an init function: %s", at, b.Why))
		}
	}
	return out
}

// reach finds the module's packages that room imports directly or not, each with
// the shortest way to it.
func (t *Tree) reach(room string) map[string][]string {
	ways := map[string][]string{room: {room}}
	for queue := []string{room}; len(queue) > 0; queue = queue[1:] {
		for _, next := range t.packages[queue[0]].imports {
			if t.packages[next] != nil && ways[next] == nil {
				ways[next] = append(slices.Clone(ways[queue[0]]), next)
				queue = append(queue, next)
			}
		}
	}
	return ways
}

func matchesAny(patterns []string, name string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, name) })
}

func matches(pattern, name string) bool {
	if pattern == "./..." {
		return true
	}
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return name == base || strings.HasPrefix(name, base+"/")
	}
	return pattern == name
}
