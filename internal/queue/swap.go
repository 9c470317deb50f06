package queue

import "fmt"

// finishSwap puts a complete replacement in the database's place, after a crash
// too: the existence of the replacement is the commit point, and every step may be
// repeated. The old WAL has to be gone, durably, before the new file gets the
// name, else SQLite would replay it into the new file.
func (s *Store) finishSwap() (done bool, err error) {
	for _, suffix := range []string{suffixNew, suffixSalvaged} {
		there, err := s.files.Exists(s.path + suffix)
		if err != nil {
			return done, err
		}
		if !there {
			continue
		}
		done = true
		if suffix == suffixSalvaged {
			err = s.moveAside()
		} else {
			err = s.removeDatabase(s.path)
		}
		if err == nil {
			err = s.files.Rename(s.path+suffix, s.path)
		}
		if err == nil {
			err = s.files.SyncDir(s.o.Dir)
		}
		if err != nil {
			return done, err
		}
	}
	return done, s.removeDatabase(s.path + suffixTmp)
}

// moveAside renames the damaged database and its WAL, so that a sqlite3 shell can
// still open them together.
func (s *Store) moveAside() error {
	bad, err := s.freeBadName()
	if err != nil {
		return err
	}
	for _, suffix := range []string{"-wal", "-journal", ""} {
		there, err := s.files.Exists(s.path + suffix)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		if err := s.files.Rename(s.path+suffix, bad+suffix); err != nil {
			return err
		}
	}
	if err := s.files.Remove(s.path + "-shm"); err != nil {
		return err
	}
	s.note(func(r *OpenReport) { r.MovedAside = bad })
	return s.files.SyncDir(s.o.Dir)
}

func (s *Store) badName(n int) string { return fmt.Sprintf("%s%s%d", s.path, suffixBad, n) }

func (s *Store) freeBadName() (string, error) {
	kept, err := s.keptAside()
	return s.badName(len(kept) + 1), err
}

// keptAside lists the damaged databases, numbered from 1 without a gap.
func (s *Store) keptAside() (list []string, err error) {
	for {
		name := s.badName(len(list) + 1)
		there, err := s.files.Exists(name)
		if err != nil || !there {
			return list, err
		}
		list = append(list, name)
	}
}

// removeDatabase removes a database with its WAL and index, durably. What belongs
// to the file goes before the file.
func (s *Store) removeDatabase(path string) error {
	removed := false
	for _, suffix := range []string{"-wal", "-shm", "-journal", ""} {
		there, err := s.files.Exists(path + suffix)
		if err != nil {
			return err
		}
		if !there {
			continue
		}
		removed = true
		if err := s.files.Remove(path + suffix); err != nil {
			return err
		}
	}
	if !removed {
		return nil
	}
	return s.files.SyncDir(s.o.Dir)
}
