package powerfail

import "sync"

// Kind is what an Op does.
type Kind byte

// The kinds. Read and those behind it are never recorded; they are there for faults.
const (
	Write Kind = iota + 1
	Truncate
	Sync
	FailedSync
	Create
	Remove
	Rename
	SyncDir
	Mark
	Read
	Open   // of a file that is there
	Exists // the question whether it is
	Size
	Lock
	Unlock
)

// String names the kind.
func (k Kind) String() string {
	names := [...]string{"none", "write", "truncate", "sync", "failed sync", "create", "remove", "rename", "sync directory", "mark", "read", "open", "exists", "size", "lock", "unlock"}
	if int(k) < len(names) {
		return names[k]
	}
	return "unknown"
}

// op is one entry of the log. Data belongs to a file, not to a name: ino says
// which.
type op struct {
	kind Kind
	ino  int
	name string
	to   string // new name, of Rename
	off  int64  // offset of Write, size of Truncate
	data []byte
	mark any
}

// Log is what happened to a disk, in order. Any goroutine may mark.
type Log struct {
	mu   sync.Mutex
	base Files // before the first operation, durable
	ops  []op
}

// NewLog returns an empty log for one [FS].
func NewLog() *Log { return &Log{} }

// Mark records that the program has acknowledged v to the world.
func (l *Log) Mark(v any) { l.add(op{kind: Mark, mark: v}) }

// Len returns the number of operations, marks included.
func (l *Log) Len() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.ops)
}

// Marks returns the marks among the first n operations, in order.
func (l *Log) Marks(n int) []any {
	var marks []any
	for _, o := range l.snapshot()[:n] {
		if o.kind == Mark {
			marks = append(marks, o.mark)
		}
	}
	return marks
}

// Count returns how many operations of a kind were recorded.
func (l *Log) Count(k Kind) int {
	n := 0
	for _, o := range l.snapshot() {
		if o.kind == k {
			n++
		}
	}
	return n
}

func (l *Log) add(o op) {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ops = append(l.ops, o)
}

// snapshot returns the operations so far; later ones do not change it.
func (l *Log) snapshot() []op {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ops[:len(l.ops):len(l.ops)]
}
