package demo

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestASoakGoesOnWhereItEnded(t *testing.T) {
	dir := t.TempDir()
	first, err := loadTally(dir, 7)
	if err != nil {
		t.Fatal(err)
	}
	first.Round, first.Audits = 3, 3
	first.add(40, map[string]int{gateway: 60, network: 20}, map[string]int{anywhere: 2}, 90*time.Second)
	if err := first.save(); err != nil {
		t.Fatal(err)
	}
	next, err := loadTally(dir, 99)
	if err != nil {
		t.Fatal(err)
	}
	if next.Seed != 7 || next.Round != 3 || next.total() != 80 || next.Customers != 40 || next.Points[anywhere] != 2 || next.Seconds != 90 {
		t.Errorf("read back %+v, want what was kept, with its own seed", next)
	}
	next.Round++
	if next.roundSeed() == first.roundSeed() {
		t.Error("two rounds have one seed")
	}
	var out strings.Builder
	next.print(&out)
	if !strings.Contains(out.String(), "80 kills, 40 customers, 3 clean audits") {
		t.Errorf("printed %q", out.String())
	}
}

func TestASoakStopsForGoodWhenAnAuditWasNotClean(t *testing.T) {
	dir := t.TempDir()
	found, err := loadTally(dir, 1)
	if err != nil {
		t.Fatal(err)
	}
	found.Findings = []string{"M2: a hold was captured twice"}
	if err := found.save(); err != nil {
		t.Fatal(err)
	}
	err = Soak(t.Context(), SoakOptions{Exe: "/none", Dir: dir, Out: io.Discard})
	if !errors.Is(err, ErrDirty) || !strings.Contains(err.Error(), "captured twice") {
		t.Errorf("got %v, want ErrDirty with what was found", err)
	}
}

func TestASiteIsTheSameWhenItIsOpenedAgain(t *testing.T) {
	o := siteOptions{dir: t.TempDir(), listen: "127.0.0.1:0", lanes: 3, short: true}
	first, ln, err := openSite(o)
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	yaml, err := os.ReadFile(first.config)
	if err != nil {
		t.Fatal(err)
	}
	o.lanes, o.listen = 1, "127.0.0.1:1" // what is there counts
	again, ln, err := openSite(o)
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	kept, err := os.ReadFile(filepath.Join(o.dir, "edged.yaml"))
	if err != nil || string(kept) != string(yaml) {
		t.Errorf("the configuration is another one now: %v", err)
	}
	if ln.Addr().String() != first.SaaS || again.Key != first.Key || len(again.lanes) != 3 {
		t.Errorf("opened again: %+v at %v, want %+v", again, ln.Addr(), first)
	}
}

// TestTheBooksAgreeWhenEverythingDies is the soak itself, for the kills of two rounds.
func TestTheBooksAgreeWhenEverythingDies(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the daemon")
	}
	ctx, cancel := context.WithTimeout(t.Context(), 4*time.Minute)
	defer cancel()
	dir := t.TempDir()
	for range 2 { // the second goes on with the store and the ledgers of the first
		if err := Soak(ctx, SoakOptions{Exe: build(t, nil), Dir: dir, Lanes: 2, Kills: 5, Seed: 3, Out: t.Output()}); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := loadTally(dir, 0)
	if err != nil || kept.total() < 10 || kept.Audits < 2 || kept.Seed != 3 {
		t.Errorf("kept %+v, %v; want 10 kills and 2 clean audits", kept, err)
	}
}
