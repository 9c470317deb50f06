package powerfail

import "strings"

// Fault makes operations fail. Of the matching ones the first Skip pass, the next
// Times fail; with Times zero all later ones do.
type Fault struct {
	Op    Kind   // any but FailedSync and Mark
	File  string // end of the file's name, such as "-wal"; "" is any
	Skip  int
	Times int
	Err   error // such as syscall.ENOSPC, EIO or EROFS
	Short int   // of Write: so many bytes arrive before it fails

	// Hit, if set, is called with the file of each operation that fails. The disk is
	// locked then.
	Hit func(file string)
}

// Inject adds a fault; remove takes it away. A write fault with ENOSPC is a full
// disk, faults of Write, Create and Truncate with EROFS a read-only one.
func (fs *FS) Inject(f Fault) (remove func()) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	own := &f
	fs.faults = append(fs.faults, own)
	return func() {
		fs.mu.Lock()
		defer fs.mu.Unlock()
		for i, g := range fs.faults {
			if g == own {
				fs.faults = append(fs.faults[:i:i], fs.faults[i+1:]...)
				return
			}
		}
	}
}

// fault returns the fault that hits an operation, nil when it passes.
func (fs *FS) fault(k Kind, name string) *Fault {
	f := fs.pick(k, name)
	if f != nil && f.Hit != nil {
		f.Hit(name)
	}
	return f
}

func (fs *FS) pick(k Kind, name string) *Fault {
	for _, f := range fs.faults {
		if f.Op != k || !strings.HasSuffix(name, f.File) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		switch f.Times {
		case 0:
			return f
		case -1: // used up
			continue
		case 1:
			f.Times = -1
		default:
			f.Times--
		}
		return f
	}
	return nil
}
