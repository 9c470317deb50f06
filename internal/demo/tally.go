package demo

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// tally is what a soak has done so far, over all its runs. It is kept in soak.json.
type tally struct {
	Seed      uint64         `json:"seed"`
	Round     int            `json:"round"`     // the last that began; seed and round decide customers and storm
	Site      int            `json:"site"`      // the directory in use
	OnSite    int            `json:"on_site"`   // customers it has served
	Customers int            `json:"customers"` // all
	Kills     map[string]int `json:"kills"`     // by who was killed
	Points    map[string]int `json:"points"`    // where the gateway was killed
	Audits    int            `json:"audits"`    // clean ones
	Seconds   float64        `json:"seconds"`   // of rounds
	Findings  []string       `json:"findings"`  // of the audit that was not clean; nothing goes on after it

	path string
}

// loadTally reads what an earlier run has left, or begins.
func loadTally(dir string, seed uint64) (*tally, error) {
	t := &tally{Seed: seed, Site: 1, Kills: map[string]int{}, Points: map[string]int{}, path: filepath.Join(dir, "soak.json")}
	b, err := os.ReadFile(t.path)
	if errors.Is(err, os.ErrNotExist) {
		return t, nil
	}
	if err != nil {
		return nil, fmt.Errorf("soak: %w", err)
	}
	if err := json.Unmarshal(b, t); err != nil {
		return nil, fmt.Errorf("soak: %s: %w", t.path, err)
	}
	return t, nil
}

// save replaces the file in one step.
func (t *tally) save() error {
	b, err := json.MarshalIndent(t, "", "  ")
	if err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	next := t.path + ".next"
	if err := errors.Join(os.WriteFile(next, append(b, '\n'), 0o600), os.Rename(next, t.path)); err != nil {
		return fmt.Errorf("soak: %w", err)
	}
	return nil
}

// add counts a round.
func (t *tally) add(customers int, deaths, points map[string]int, took time.Duration) {
	t.OnSite += customers
	t.Customers += customers
	t.Seconds += took.Round(time.Millisecond).Seconds()
	for who, n := range deaths {
		t.Kills[who] += n
	}
	for where, n := range points {
		t.Points[where] += n
	}
}

// total counts all kills.
func (t *tally) total() (n int) {
	for _, k := range t.Kills {
		n += k
	}
	return n
}

func (t *tally) siteDir() string {
	return filepath.Join(filepath.Dir(t.path), fmt.Sprintf("site-%04d", t.Site))
}

func (t *tally) roundSeed() uint64 { return t.Seed*1_000_000 + uint64(t.Round) }

// print writes the totals.
func (t *tally) print(w io.Writer) {
	fmt.Fprintf(w, "soak: %d kills, %d customers, %d clean audits in %s of rounds, seed %d\n",
		t.total(), t.Customers, t.Audits, time.Duration(t.Seconds*float64(time.Second)).Round(time.Second), t.Seed)
	for _, who := range slices.Sorted(maps.Keys(t.Kills)) {
		fmt.Fprintf(w, "%8d  %s\n", t.Kills[who], who)
	}
	for _, p := range append(killPoints(), killPoint{anywhere, "between two points"}) {
		fmt.Fprintf(w, "%8d  at %s: %s\n", t.Points[p.name], p.name, p.means)
	}
}
