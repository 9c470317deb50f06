package engine

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
	"edged/internal/queue"
)

// torture asks for the long forms.
func torture() bool { return os.Getenv("EDGED_TORTURE") == "1" }

func readTranscripts(t *testing.T) (scripts []transcript.Script) {
	t.Helper()
	files, err := filepath.Glob("../purchase/testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := transcript.Parse(strings.TrimSuffix(filepath.Base(file), ".txt"), string(text))
		if err != nil {
			t.Fatal(err)
		}
		scripts = append(scripts, s)
	}
	return scripts
}

// stride: `make crash`, which says how many states it wants, tries every point; another
// run every fourth, a short one every sixteenth, another one of each transcript; and the
// race detector, which looks for races and not for points, every fortieth.
// EDGED_TORTURE=1 tries all even then, each with a kill of the process and with a loss
// of power of the gateway.
func stride() int {
	switch {
	case torture():
		return 1
	case raceDetector:
		return 40
	case testing.Short():
		return 16
	case os.Getenv("EDGED_STATES") == "":
		return 4
	}
	return 1
}

// TestCrashAtEveryPointOfEveryTranscript plays every transcript of the
// purchase through a real engine on the real store, and again for every point at
// which it can be killed: before and after each commit, behind each effect and each
// answer. A fresh engine goes on with the files that are left. The end must be the
// same money and the same reports, or one that crashRules names.
func TestCrashAtEveryPointOfEveryTranscript(t *testing.T) {
	scripts := readTranscripts(t)
	c := &crashCount{ends: map[string]int{}}
	t.Cleanup(func() { t.Logf("%d transcripts, %d cuts, their ends: %v", len(scripts), c.cuts, c.ends) })
	empty := emptyStore(t)
	for i, s := range scripts {
		t.Run(s.Name, func(t *testing.T) {
			t.Parallel()
			passes := map[int][]purchase.DeadlineName{}
			whole := playOnce(t, empty, s, crashCut{}, passes)
			checkAgainstStep(t, s, whole)
			if len(whole.errs) > 0 {
				t.Errorf("uncut: %s\n%s", strings.Join(whole.errs, "; "), whole.story())
			}
			for n := 1 + i%stride(); n <= whole.points; n += stride() {
				c.cut(t, empty, s, crashCut{point: n, reboot: n/stride()%2 == 0}, whole)
				if torture() {
					c.cut(t, empty, s, crashCut{point: n, reboot: n/stride()%2 != 0}, whole)
				}
			}
		})
	}
}

// crashCut is one end of a process; the zero value is none.
type crashCut struct {
	point   int  // from 1
	reboot  bool // the whole gateway starts anew
	forgets bool // and its store is empty then: sabotage
}

type crashCount struct {
	mu   sync.Mutex
	cuts int
	ends map[string]int // by the rule that applied
}

func (c *crashCount) cut(t *testing.T, empty string, s transcript.Script, cut crashCut, whole *crashWorld) {
	w := playOnce(t, empty, s, cut, whole.passes)
	end := w.judge(whole)
	switch {
	case !w.killed:
		t.Errorf("point %d was not met; uncut there were %d\n%s", cut.point, whole.points, w.story())
	case len(w.errs) > 0:
		t.Errorf("killed at point %d: %s\n%s", cut.point, strings.Join(w.errs, "; "), w.story())
	case end == "":
		t.Errorf("killed at point %d, the end is\n%+v\nwant\n%+v\n%s", cut.point, w.end, whole.end, w.story())
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cuts++
	c.ends[end]++
}

// emptyStore is a store as the first start leaves it, to spare each run that.
func emptyStore(t *testing.T) string {
	t.Helper()
	dir := fastDir(t)
	store, err := queue.Open(t.Context(), queue.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return dir
}

// playOnce plays the script in a bubble of its own.
func playOnce(t *testing.T, empty string, s transcript.Script, cut crashCut, passes map[int][]purchase.DeadlineName) (w *crashWorld) {
	synctest.Test(t, func(t *testing.T) {
		w = newCrashWorld(t, empty, s, cut, passes)
		w.play()
	})
	return w
}

// TestTheCrashTestSeesAStoreThatForgets keeps the crash test from going blind: a
// store that loses everything at the kill must be seen at most points.
func TestTheCrashTestSeesAStoreThatForgets(t *testing.T) {
	empty := emptyStore(t)
	for _, s := range readTranscripts(t) {
		if s.Name != "paid" {
			continue
		}
		whole := playOnce(t, empty, s, crashCut{}, map[int][]purchase.DeadlineName{})
		seen := 0
		for n := 1; n <= whole.points; n++ {
			w := playOnce(t, empty, s, crashCut{point: n, forgets: true}, whole.passes)
			if len(w.errs) > 0 || w.judge(whole) == "" {
				seen++
			}
		}
		t.Logf("%d of %d kills seen", seen, whole.points)
		if seen < whole.points/2 {
			t.Errorf("%d of %d kills were seen, want most", seen, whole.points)
		}
	}
}

// checkAgainstStep: through the engine the transcript comes to what Step alone
// makes of it.
func checkAgainstStep(t *testing.T, s transcript.Script, whole *crashWorld) {
	t.Helper()
	var pure purchase.State
	if _, err := s.Play(func(_ purchase.State, _ purchase.Event, after purchase.State, _ []purchase.Effect) { pure = after }); err != nil {
		t.Fatal(err)
	}
	want, got := endOf(pure), whole.mid
	if want.Captured != got.Captured || want.Refunded != got.Refunded || want.Outcome != got.Outcome || want.Flag != got.Flag ||
		want.Phase != got.Phase || !slices.Equal(want.Reports, got.Reports) {
		t.Errorf("the engine comes to\n%+v\nStep alone to\n%+v\n%s", got, want, whole.story())
	}
}
