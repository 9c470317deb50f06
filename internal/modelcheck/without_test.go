package modelcheck

import (
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// withoutStates is how many worlds are looked at without a guard. What its loss breaks
// is found long before.
const withoutStates = 40_000

// TestEveryGuardIsInTheSource: a guard that was rewritten is listed anew.
func TestEveryGuardIsInTheSource(t *testing.T) {
	s := readSteps(t)
	seen := map[string]bool{}
	for _, g := range guards() {
		if _, err := s.at(g); err != nil {
			t.Error(err)
		}
		if seen[g.String()] {
			t.Errorf("guard %s is listed twice", g)
		}
		seen[g.String()] = true
	}
	for _, g := range second() {
		if _, err := s.at(g.guard); err != nil {
			t.Error(err)
		}
		if g.why == "" || seen[g.String()] {
			t.Errorf("guard %s has no reason, or two places", g)
		}
		seen[g.String()] = true
	}
}

// TestModelWithoutAnyGuardBreaksAPromise takes the listed guards out of the source, one
// at a time: the explorer must call the promise broken. `make crash` and `make torture`
// take out all of them, any other run every fortieth.
func TestModelWithoutAnyGuardBreaksAPromise(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the explorer anew")
	}
	step := 40
	if os.Getenv("EDGED_STATES") != "" || os.Getenv("EDGED_TORTURE") == "1" {
		step = 1
	}
	all := guards()
	binary := buildWithout(t, all)
	begun := time.Now()
	todo := make(chan guard)
	var workers sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		workers.Go(func() {
			for g := range todo {
				without(t, binary, g)
			}
		})
	}
	n := 0
	for i := 0; i < len(all); i += step {
		todo <- all[i]
		n++
	}
	close(todo)
	workers.Wait()
	t.Logf("%d of %d guards taken out, states explored until the promise was broken, %s", n, len(all), time.Since(begun).Round(100*time.Millisecond))
}

// without runs the explorer on sources without g.
func without(t *testing.T, binary string, g guard) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "-test.run", "^TestOnePlan$", "-test.timeout", "5m")
	cmd.Env = append(os.Environ(), "EDGED_GUARD_OUT="+g.String(), "EDGED_MODEL_PLAN="+g.plan, "EDGED_MODEL_STATES="+strconv.Itoa(withoutStates))
	out, err := cmd.CombinedOutput()
	switch {
	case err == nil:
		t.Errorf("without %s nothing is broken in %d states of %q", g, withoutStates, g.plan)
	case !strings.Contains(string(out), g.want+" is broken"):
		t.Errorf("without %s another promise than %s is broken:\n%.600s", g, g.want, out)
	}
}

// TestOnePlan is what runs on sources without a guard: the plan of EDGED_MODEL_PLAN, or
// one after the other, until a promise is broken.
func TestOnePlan(t *testing.T) {
	states, err := strconv.Atoi(os.Getenv("EDGED_MODEL_STATES"))
	if err != nil {
		t.Skip("another test runs it")
	}
	only := os.Getenv("EDGED_MODEL_PLAN")
	for _, p := range plans() {
		if only != "" && only != p.name {
			continue
		}
		e := newExplorer(p, states)
		if err := e.run(); err != nil {
			t.Fatalf("%s, %d states: %v", p.name, e.seen.n, err)
		}
	}
}
