package queue

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"

	"github.com/ncruces/go-sqlite3"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

// The witness is a small file beside the database that says how far commits have
// gone. A database that ends before it is an older copy of itself, or has lost the end
// of its log to something that looks like a torn write: neither can be told from the
// file alone. How far a database goes is the highest number in its journal, its open
// and its closed orders, and meta's mark; every change of an order raises it.
//
// It is overwritten in place behind each commit and not synced before Close. So it is
// never ahead of what is durable, costs a write of 20 bytes and no sync, and behind a
// power cut it may be some seconds old: what was lost since is not noticed. One that
// cannot be read is no witness.
const (
	witnessName = "witness"
	witnessSize = 20
	metaMark    = metaPrefix + "mark"
	suffixLost  = ".lost-commits-" // a note about what is missing, until a person removes it
)

func encodeWitness(mark int64) []byte {
	b := append(make([]byte, 0, witnessSize), "edgedw1\n"...)
	b = binary.LittleEndian.AppendUint64(b, uint64(mark))
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b, castagnoli()))
}

func decodeWitness(b []byte) (mark int64, ok bool) {
	if len(b) != witnessSize {
		return 0, false
	}
	mark = int64(binary.LittleEndian.Uint64(b[8:]))
	return mark, string(encodeWitness(mark)) == string(b)
}

// witness is the writer goroutine's, and Open's before that.
type witness struct {
	mark    int64 // what it says
	written bool  // since the last sync
	failed  bool  // so has been logged
}

func (s *Store) witnessPath() string { return filepath.Join(s.o.Dir, witnessName) }

// readWitness returns what was committed last; 0: nobody knows.
func (s *Store) readWitness() (mark int64, err error) {
	there, err := s.files.Exists(s.witnessPath())
	if err != nil || !there {
		return 0, classify("look for witness", err)
	}
	b, err := s.files.ReadFile(s.witnessPath())
	if err != nil {
		s.log.Warn("witness of the commits cannot be read", logkey.Path, s.witnessPath(), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreIO))
	}
	if mark, ok := decodeWitness(b); ok { // else the power was lost while it was written
		s.seen.mark = mark
	}
	return s.seen.mark, nil
}

// witnessed says behind a commit how far commits have gone.
func (s *Store) witnessed(mark int64) {
	if mark > s.seen.mark {
		s.setWitness(mark)
	}
}

func (s *Store) setWitness(mark int64) {
	b := encodeWitness(mark)
	err := s.files.Overwrite(s.witnessPath(), b)
	if err == nil {
		s.meter.written.Add(int64(len(b)))
		s.seen.mark, s.seen.written = mark, true
	} else if !s.seen.failed {
		s.log.Warn("witness of the commits cannot be written", logkey.Path, s.witnessPath(), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreIO))
	}
	s.seen.failed = err != nil
}

func (s *Store) syncWitness() error {
	if !s.seen.written {
		return nil
	}
	s.seen.written = false
	return classify("sync witness", errors.Join(s.files.SyncFile(s.witnessPath()), s.files.SyncDir(s.o.Dir)))
}

// errOlder: commits are gone that have been durable.
var errOlder = errcode.New(errcode.StoreOlder, "the database is older than what has been committed")

// compareWitness is the end of Open. level is how far the database goes.
func (s *Store) compareWitness(mark, level int64) error {
	if mark <= level {
		return nil
	}
	if s.Report().Damage == "" {
		err := fmt.Errorf("%w: it ends at %d, the last commit was %d", errOlder, level, mark)
		note := fmt.Sprintf("%v.\nThe end of its write-ahead log was lost, or an older copy was put in its place.\n"+
			"Compare the open orders with the terminals and the SaaS, then remove this file.\n", err)
		if err := writeDurably(s.path+fmt.Sprintf("%s%d", suffixLost, mark), []byte(note)); err != nil {
			return classify("note lost commits", err)
		}
		s.noteDamage(err)
	}
	s.setWitness(level) // what is missing has been told, and has its file
	return nil
}

// lostNotes lists the notes about lost commits.
func (s *Store) lostNotes() []string {
	list, _ := filepath.Glob(s.path + suffixLost + "*") // the pattern is sound
	return list
}

// missingCommits compares a database that is not open for writing; "" if it has all.
func missingCommits(dir string, level int64) string {
	b, err := os.ReadFile(filepath.Join(dir, witnessName))
	if err != nil {
		return ""
	}
	if mark, ok := decodeWitness(b); ok && mark > level {
		return fmt.Sprintf("%v: it ends at %d, the last commit was %d", errOlder, level, mark)
	}
	return ""
}

// stamp raises how far the database goes where rows go that said it.
func (tx *Tx) stamp() error {
	n, err := tx.nextID()
	if err != nil {
		return err
	}
	tx.reached(int64(n))
	return tx.putMeta(metaMark, encodeHighWater(int64(n)))
}

// reached notes that a row of this transaction says how far the database goes.
func (tx *Tx) reached(n int64) { tx.mark = max(tx.mark, n) }

// level notes the same of rows that are read.
func (sc *scanned) level(st *sqlite3.Stmt) { sc.reached = max(sc.reached, st.ColumnInt64(0)) }
