package powerfail

import (
	"maps"
	"math/rand/v2"
	"slices"
)

// Mode says what becomes of the writes that no sync has covered yet.
type Mode int

// The modes, from kind to cruel.
const (
	Keep   Mode = iota // all arrived: the process was killed, the machine lives
	Drop               // none arrived
	Prefix             // the first few arrived, per file
	Subset             // any of them arrived: reordering
	Torn               // any of their sectors arrived
	Junk               // any of their sectors arrived, others hold garbage
)

// Modes returns all modes.
func Modes() []Mode { return []Mode{Keep, Drop, Prefix, Subset, Torn, Junk} }

// String names the mode.
func (m Mode) String() string {
	return [...]string{"keep", "drop", "prefix", "subset", "torn", "junk"}[m]
}

// Crash returns the files after the power is lost behind the first n operations.
// With orderedDir directory operations keep their order and become durable with
// the sync of any file.
func (l *Log) Crash(n int, mode Mode, orderedDir bool, rng *rand.Rand) Files {
	d := newDisk(l.base, orderedDir)
	for _, o := range l.snapshot()[:n] {
		d.advance(o)
	}
	return d.crash(mode, rng)
}

// disk is what is durable, and what is on its way.
type disk struct {
	ordered bool
	files   map[int]*diskFile
	names   map[string]int
	pending []op // directory operations
}

// diskFile is the durable content of a file and its later writes. They are folded
// into the content when they are durable, unless one before them is in doubt.
type diskFile struct {
	data   []byte
	shared bool // data belongs to the log's base
	ops    []fileOp
}

type fileOp struct {
	op
	fate fate
}

type fate byte

const (
	onItsWay fate = iota // a sync decides
	durable
	inDoubt // a sync has failed: nothing decides any more
)

func newDisk(base Files, ordered bool) *disk {
	d := &disk{ordered: ordered, files: map[int]*diskFile{}, names: map[string]int{}}
	for i, name := range slices.Sorted(maps.Keys(base)) {
		d.names[name] = i + 1 // as NewFS numbers them
		d.files[i+1] = &diskFile{data: base[name], shared: true}
	}
	return d
}

func (d *disk) advance(o op) {
	switch o.kind {
	case Write, Truncate:
		f := d.file(o.ino)
		f.ops = append(f.ops, fileOp{op: o})
	case Sync:
		d.file(o.ino).settle(durable)
		if d.ordered {
			d.syncDir()
		}
	case FailedSync:
		d.file(o.ino).settle(inDoubt)
	case Create, Remove, Rename:
		d.pending = append(d.pending, o)
	case SyncDir:
		d.syncDir()
	}
}

func (d *disk) file(ino int) *diskFile {
	f := d.files[ino]
	if f == nil {
		f = &diskFile{}
		d.files[ino] = f
	}
	return f
}

func (d *disk) syncDir() {
	for _, o := range d.pending {
		applyName(d.names, o)
	}
	d.pending = nil
}

// settle decides what is on its way and folds what no longer hangs in the air.
func (f *diskFile) settle(to fate) {
	for i := range f.ops {
		if f.ops[i].fate == onItsWay {
			f.ops[i].fate = to
		}
	}
	for len(f.ops) > 0 && f.ops[0].fate == durable {
		if f.shared {
			f.data, f.shared = slices.Clone(f.data), false
		}
		f.data = apply(f.data, f.ops[0].op)
		f.ops = f.ops[1:]
	}
}

func (d *disk) crash(mode Mode, rng *rand.Rand) Files {
	out := Files{}
	names := maps.Clone(d.names)
	for _, o := range chooseNames(d.pending, mode, d.ordered, rng) {
		applyName(names, o)
	}
	for _, name := range slices.Sorted(maps.Keys(names)) { // sorted: one seed, one state
		out[name] = d.file(names[name]).crash(mode, rng)
	}
	return out
}

func chooseNames(pending []op, mode Mode, ordered bool, rng *rand.Rand) []op {
	switch {
	case mode == Keep:
		return pending
	case mode == Drop:
		return nil
	case mode == Prefix, ordered:
		return pending[:rng.IntN(len(pending)+1)]
	}
	var kept []op
	for _, o := range pending {
		if coin(rng) {
			kept = append(kept, o)
		}
	}
	return kept
}

func applyName(names map[string]int, o op) {
	switch o.kind {
	case Create:
		names[o.name] = o.ino
	case Remove:
		if names[o.name] == o.ino {
			delete(names, o.name)
		}
	case Rename:
		if names[o.name] == o.ino {
			delete(names, o.name)
		}
		names[o.to] = o.ino
	}
}

// crash returns the content after the power is lost.
func (f *diskFile) crash(mode Mode, rng *rand.Rand) []byte {
	data := slices.Clone(f.data)
	arrive := rng.IntN(len(f.ops) + 1) // of Prefix
	for i, o := range f.ops {
		switch {
		case o.fate == durable, mode == Keep:
			data = apply(data, o.op)
		case mode == Drop:
		case mode == Prefix:
			if i < arrive {
				data = apply(data, o.op)
			}
		case o.kind == Write && (mode == Torn || mode == Junk):
			data = tear(data, o.op, mode == Junk, rng)
		case coin(rng):
			data = apply(data, o.op)
		}
	}
	return data
}

func apply(data []byte, o op) []byte {
	if o.kind == Truncate {
		return truncate(data, o.off)
	}
	return writeAt(data, o.data, o.off)
}

// tear carries a write out in part: of each sector of the file it touches, the
// new bytes arrive or not, or with junk there is garbage. The file has grown in
// any case.
func tear(data []byte, o op, junk bool, rng *rand.Rand) []byte {
	data = writeAt(data, nil, o.off+int64(len(o.data)))
	for at := int64(0); at < int64(len(o.data)); {
		n := min(sector-(o.off+at)%sector, int64(len(o.data))-at)
		switch piece := data[o.off+at:][:n]; {
		case coin(rng):
			copy(piece, o.data[at:])
		case junk && coin(rng):
			for i := range piece {
				piece[i] = byte(rng.Uint32())
			}
		}
		at += n
	}
	return data
}

func coin(rng *rand.Rand) bool { return rng.IntN(2) == 0 }
