package powerfail

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// Options of [Explore].
type Options struct {
	// States is how many states to check, those after a second cut not counted. They
	// are spread evenly over the log; each point gets other modes in turn, and the two
	// kinds of directory begin with different ones.
	States int

	// Modes to use; nil is all.
	Modes []Mode

	// OrderedDir: nil uses both kinds of directory in turn.
	OrderedDir *bool

	// NoRecut leaves the recoveries uncut. Otherwise every second one is cut again
	// at a random point, and the program has to recover from that too.
	NoRecut bool

	// Workers check at the same time; 0 is GOMAXPROCS.
	Workers int

	// StopAfter so many bad states; 0 goes on.
	StopAfter int

	Seed uint64
}

// State is what the machine finds when it starts again.
type State struct {
	Disk  *FS    // holds the files; what the check does on it is recorded
	Marks []any  // everything acknowledged before the cut, in order
	Dir   string // a real directory for files outside the VFS; empty at a first cut
	Cut   string // where and how the power was lost
	At    int    // operations before the first cut
	Mode  Mode   // what became of unsynced writes, at both cuts
	Recut bool   // Disk comes from a cut during the recovery from another state
}

// Result counts states.
type Result struct {
	States int   // checked after one cut
	Recuts int   // checked after a second cut, during recovery
	Bad    int   // of both
	First  error // what was wrong with the first bad one found
}

// String is the result in a line.
func (r Result) String() string {
	return fmt.Sprintf("%d crash states and %d cut again during recovery, %d bad; first: %v", r.States, r.Recuts, r.Bad, r.First)
}

// Explore cuts the power at points all over the log and calls check with what is
// left. check opens the program on the state, says what is wrong, and may go on
// working and marking: its operations are the recovery that is cut again. It is
// called from several goroutines. Explore reports nothing to tb but its own
// trouble: the caller judges the result.
func Explore(tb testing.TB, log *Log, o Options, check func(*State) error) Result {
	tb.Helper()
	if o.Modes == nil {
		o.Modes = Modes()
	}
	if o.Workers == 0 {
		o.Workers = runtime.GOMAXPROCS(0)
	}
	e := &explorer{o: o, log: log, check: check, jobs: make(chan job, o.Workers)}
	var wg sync.WaitGroup
	for range o.Workers {
		dir := tb.TempDir()
		wg.Go(func() { e.work(tb, dir) })
	}
	for _, ordered := range directories(o.OrderedDir) {
		e.produce(ordered, o.States/len(directories(o.OrderedDir)))
	}
	close(e.jobs)
	wg.Wait()
	return e.result
}

func directories(only *bool) []bool {
	if only != nil {
		return []bool{*only}
	}
	return []bool{false, true}
}

type explorer struct {
	o     Options
	log   *Log
	check func(*State) error
	jobs  chan job

	mu     sync.Mutex
	result Result
}

// job is one crash state to check.
type job struct {
	files   Files
	at      int
	mode    Mode
	ordered bool
	recut   bool
	rng     *rand.Rand
}

func (j job) String() string {
	return fmt.Sprintf("power lost behind operation %d, writes %s, directory ordered %t", j.at, j.mode, j.ordered)
}

// produce makes states along the log, each from what the one before has left.
func (e *explorer) produce(ordered bool, states int) {
	ops := e.log.snapshot()
	points := len(ops) + 1
	d := newDisk(e.log.base, ordered)
	made := 0
	for at := range points {
		if at > 0 {
			d.advance(ops[at-1])
		}
		for ; made < states*(at+1)/points && !e.stopped(); made++ {
			rng := rand.New(rand.NewPCG(e.o.Seed, uint64(made)<<1|uint64(btoi(ordered))))
			mode := e.o.Modes[(made+btoi(ordered)*len(e.o.Modes)/2)%len(e.o.Modes)]
			recut := !e.o.NoRecut && (made/len(e.o.Modes))%2 == 0
			e.jobs <- job{d.crash(mode, rng), at, mode, ordered, recut, rng}
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (e *explorer) stopped() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.o.StopAfter > 0 && e.result.Bad >= e.o.StopAfter
}

func (e *explorer) work(tb testing.TB, dir string) {
	for j := range e.jobs {
		if err := empty(dir); err != nil {
			tb.Errorf("empty %s: %v", dir, err)
		}
		e.try(j, dir)
	}
}

// try checks a state and, if wanted, a cut of its own recovery.
func (e *explorer) try(j job, dir string) {
	log := NewLog()
	st := &State{Disk: NewFS(j.files, log), Marks: e.log.Marks(j.at), Dir: dir, Cut: j.String(), At: j.at, Mode: j.mode}
	err := e.check(st)
	e.count(st, err)
	if err != nil || !j.recut {
		return
	}
	at := j.rng.IntN(log.Len() + 1)
	files := log.Crash(at, j.mode, j.ordered, j.rng)
	again := &State{
		Disk: NewFS(files, NewLog()), Marks: append(st.Marks, log.Marks(at)...), Dir: dir,
		Cut: fmt.Sprintf("%s; again behind operation %d of %d of the recovery", st.Cut, at, log.Len()), At: j.at, Mode: j.mode, Recut: true,
	}
	e.count(again, e.check(again))
}

func (e *explorer) count(st *State, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if st.Recut {
		e.result.Recuts++
	} else {
		e.result.States++
	}
	if err == nil {
		return
	}
	e.result.Bad++
	if e.result.First == nil {
		e.result.First = fmt.Errorf("%s: %w", st.Cut, err)
	}
}

func empty(dir string) error {
	list, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range list {
		if err := os.RemoveAll(filepath.Join(dir, entry.Name())); err != nil {
			return err
		}
	}
	return nil
}
