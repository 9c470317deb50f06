package errcode_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"edged/internal/deptest"
	"edged/internal/errcode"
	"edged/internal/lane"
	"edged/internal/purchase"
	"edged/internal/saas"
)

// kind is a type whose values have codes.
type kind struct {
	room, name string
	code       func(value string) errcode.Code
	without    []string // values of which nothing is wrong
}

func kinds() []kind {
	return []kind{
		{"internal/purchase", "TaskKind", func(v string) errcode.Code { return purchase.TaskKind(v).ErrCode() }, nil},
		{"internal/purchase", "AlarmKind", func(v string) errcode.Code { return purchase.AlarmKind(v).ErrCode() }, nil},
		{"internal/purchase", "Reason", func(v string) errcode.Code { return purchase.Reason(v).ErrCode() }, []string{string(purchase.ReasonNone)}},
		{"internal/lane", "Reason", func(v string) errcode.Code { return lane.Reason(v).ErrCode() }, nil},
		{"internal/saas", "Class", func(v string) errcode.Code { return saas.Class(v).ErrCode() }, []string{string(saas.ClassOK), string(saas.ClassCancelled)}},
		{"internal/saas", "Verdict", func(v string) errcode.Code { return saas.Verdict(v).ErrCode() }, nil},
	}
}

// TestEveryKindOfProblemHasACode: a new kind of task, alarm, reason, failed call or
// refused callback is in the catalogue from its first day.
func TestEveryKindOfProblemHasACode(t *testing.T) {
	for _, k := range kinds() {
		values := valuesOf(t, k.room, k.name)
		if len(values) < 5 {
			t.Errorf("%s.%s: found the values %v only", k.room, k.name, values)
		}
		for _, v := range values {
			code := k.code(v)
			if slices.Contains(k.without, v) {
				if code != "" {
					t.Errorf("%s.%s %q is no problem and has the code %s", k.room, k.name, v, code)
				}
				continue
			}
			if _, ok := errcode.Find(string(code)); !ok || code == errcode.LaneOther {
				t.Errorf("%s.%s %q has no code of its own, got %q", k.room, k.name, v, code)
			}
		}
		if got := k.code("no such value"); got != "" && got != errcode.LaneOther {
			t.Errorf("%s.%s of a newer version has the code %s", k.room, k.name, got)
		}
	}
}

// valuesOf reads the constants of a type of strings from the files of its room.
func valuesOf(t *testing.T, room, name string) (out []string) {
	t.Helper()
	for _, f := range parsed(t, room) {
		for _, d := range f.Decls {
			g, ok := d.(*ast.GenDecl)
			if !ok || g.Tok != token.CONST {
				continue
			}
			for _, s := range g.Specs {
				spec := s.(*ast.ValueSpec)
				if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == name {
					for _, v := range spec.Values {
						if lit, ok := v.(*ast.BasicLit); ok {
							out = append(out, unquoted(t, lit))
						}
					}
				}
			}
		}
	}
	return out
}

func unquoted(t *testing.T, lit *ast.BasicLit) string {
	t.Helper()
	s, err := strconv.Unquote(lit.Value)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// parsed is the files of a room without its tests.
func parsed(t *testing.T, room string) (out []*ast.File) {
	t.Helper()
	root, err := deptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	paths, err := filepath.Glob(filepath.Join(root, room, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, f)
	}
	return out
}

// plain are sentinels that need no code, by room or by room and name, with why.
func plain() map[string]string {
	const (
		value    = "it says what is wrong with a value; who asked for the value gives the code"
		usage    = "it answers a person who asked for something that is not there: the message is all"
		inner    = "it never leaves its room"
		builder  = "a mistake of the one who builds the program; the tests show it"
		ordinary = "nothing is wrong: a moment to wait, or an end that was wanted"
	)
	return map[string]string{
		"internal/money": value, "internal/yamlfile": value, "internal/config.errScalar": value,
		"internal/serialdev/zvt": value, "internal/serialdev/cmdset": value, "internal/serialdev/cells": value,
		"internal/saas/wire": value, "internal/callback": value, "internal/purchase.ErrOrderID": value,
		"internal/purchase/transcript": value, "internal/ledger.ErrText": value, "internal/ledger.ErrDay": value,

		"internal/admin.ErrNotFound": usage, "internal/admin.ErrRequest": usage, "internal/admin.ErrConflict": usage, "internal/admin.ErrUnavailable": usage,
		"internal/engine.ErrUnknownOrder": usage, "internal/engine.ErrUnknownLane": usage, "internal/engine.ErrUnknownTask": usage,
		"internal/engine.ErrNotParked": usage, "internal/purchase.ErrPerson": usage,

		"internal/sender.errStays": inner, "internal/mqtt/spool.ErrRecord": inner, "internal/app.errNoCurrency": inner, "internal/app.errForeignAnswer": inner, "internal/saas.errUnauthorized": inner, "internal/saas.errGateClosed": inner, "internal/remotewrite.errNoWord": inner,
		"internal/serialdev/zvtterm.errTimeout": inner, "internal/serialdev/zvtterm.errWake": inner, "internal/serialdev/zvtterm.errBroken": inner,

		"internal/supervise.ErrOptions": builder, "internal/saas.ErrOptions": builder, "internal/serialdev/pole.ErrOptions": builder,
		"internal/serialdev/zvtterm.ErrOptions": builder, "internal/httpd.ErrOptions": builder, "internal/mqtt/spool.ErrOptions": builder, "internal/mqtt.ErrOptions": builder, "internal/remotewrite.ErrOptions": builder,
		"internal/saas/apitest": builder, "internal/serialdev/termtest": builder, "internal/serialdev/fakemdb": builder, "internal/serialdev/wiretrace": "a tool's: no daemon meets it",

		"internal/engine.ErrStopped": ordinary, "internal/engine.ErrLedgerMoves": ordinary, "internal/queue.ErrClosed": ordinary, "internal/queue.ErrWorkWaiting": ordinary,
		"internal/saas.ErrExpired": "its class has the code", "internal/saas.ErrClosed": ordinary, "internal/serialdev/zvtterm.ErrBusy": ordinary, "internal/serialdev/zvtterm.errFaster": ordinary,
		"internal/queue.ErrNotDurable": "its cause has the code",
	}
}

// TestEverySentinelHasACode: who makes an error that a person may meet says under which
// code, or why it needs none.
func TestEverySentinelHasACode(t *testing.T) {
	unused, coded := plain(), 0
	for _, room := range rooms(t) {
		for _, f := range parsed(t, room) {
			for name, call := range sentinels(f) {
				if call == "errcode.New" {
					coded++
					continue
				}
				_, one := plain()[room+"."+name]
				_, all := plain()[room]
				delete(unused, room+"."+name)
				delete(unused, room)
				if !one && !all {
					t.Errorf("%s.%s has no code, and is not among those that need none", room, name)
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		t.Errorf("%s is not there, or has a code now: take it off the list", name)
	}
	t.Logf("%d sentinels have codes, %d rooms or sentinels need none", coded, len(plain()))
}

// rooms are the packages of the daemon.
func rooms(t *testing.T) []string {
	t.Helper()
	root, err := deptest.Root()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	walk(t, func(path string) {
		rel, err := filepath.Rel(root, filepath.Dir(path))
		if rel = filepath.ToSlash(rel); err == nil && filepath.Ext(path) == ".go" && strings.HasPrefix(rel, "internal/") && !workshop(path) {
			seen[rel] = true
		}
	})
	return slices.Sorted(maps.Keys(seen))
}

// sentinels are the variables of a file that are made errors at once, and by what.
func sentinels(f *ast.File) map[string]string {
	out := map[string]string{}
	for _, d := range f.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, s := range g.Specs {
			spec := s.(*ast.ValueSpec)
			for i, v := range spec.Values {
				if by := maker(v); by != "" {
					out[spec.Names[i].Name] = by
				}
			}
		}
	}
	return out
}

func maker(v ast.Expr) string {
	call, ok := v.(*ast.CallExpr)
	if !ok {
		return ""
	}
	s, ok := call.Fun.(*ast.SelectorExpr)
	if !ok {
		return ""
	}
	room, ok := s.X.(*ast.Ident)
	if !ok {
		return ""
	}
	switch by := room.Name + "." + s.Sel.Name; by {
	case "errors.New", "fmt.Errorf", "errcode.New":
		return by
	}
	return ""
}
