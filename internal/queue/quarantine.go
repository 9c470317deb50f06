package queue

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"strings"

	"edged/internal/errcode"
	"edged/internal/logkey"
)

const (
	quarantineDir   = "quarantine"
	quarantineBound = 4096 // files; what is bad beyond it stays in the database, unused
)

// Quarantined names a record that was moved to a side file. Seq is zero when the
// record belonged to no order.
type Quarantined struct {
	Table  string
	Key    string
	Seq    Seq
	ID     []byte // of a bad order: its public id, if that could be read
	Reason string
	File   string // "" when it could not be written; the record is then still in the database
}

// badRow is a record that failed its check, with what is needed to remove it.
type badRow struct {
	table  string
	key    string
	number int64 // the key of a table with an integer key
	seq    Seq
	id     []byte
	reason string
	data   []byte
}

// quarantineFile is the form of a side file.
type quarantineFile struct {
	Table  string `json:"table"`
	Key    string `json:"key"`
	Seq    Seq    `json:"seq,omitempty"`
	ID     []byte `json:"id,omitempty"`
	Reason string `json:"reason"`
	Record []byte `json:"record"`
}

// quarantine writes the side file of a bad record, durably, counts and logs it,
// once for each record. Writing it again after a crash gives the same file.
func (s *Store) quarantine(row badRow) Quarantined {
	s.reportMu.Lock()
	defer s.reportMu.Unlock()
	id := fmt.Sprintf("%s-%s-%08x", row.table, fileSafe(row.key), crc32.Checksum(row.data, castagnoli()))
	if q, known := s.bad[id]; known {
		return q
	}
	q := Quarantined{Table: row.table, Key: row.key, Seq: row.seq, ID: row.id, Reason: row.reason}
	file, err := s.writeQuarantine(id, row)
	if err == nil {
		q.File = file
	}
	s.metrics.quarantined.WithLabelValues(row.table).Inc()
	if len(s.bad) < quarantineBound {
		s.bad[id] = q
		s.report.Quarantined = append(s.report.Quarantined, q)
	}
	log := s.log.With(logkey.Kind, row.table, logkey.Reason, fmt.Sprintf("row %s: %s", row.key, row.reason))
	if err == nil {
		log.Error("bad record moved to quarantine", logkey.Path, file, logkey.Code, errcode.StoreBadRecord)
	} else {
		log.Error("bad record cannot be moved to quarantine", logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreBadRecord))
	}
	return q
}

func (s *Store) writeQuarantine(id string, row badRow) (string, error) {
	dir := filepath.Join(s.o.Dir, quarantineDir)
	if err := makeDir(dir); err != nil {
		return "", classify("create quarantine", err)
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) >= quarantineBound {
		return "", errors.Join(fmt.Errorf("quarantine holds %d files, at most %d", len(list), quarantineBound), err)
	}
	body, err := json.MarshalIndent(quarantineFile{row.table, row.key, row.seq, row.id, row.reason, row.data}, "", "\t")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, id+".json")
	return path, classify("write quarantine", writeDurably(path, append(body, '\n')))
}

func fileSafe(key string) string {
	safe := strings.Map(func(r rune) rune {
		if r < 128 && (r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z') {
			return r
		}
		return '_'
	}, key)
	return safe[:min(len(safe), 64)]
}

func writeDurably(path string, body []byte) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(body)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	return syncPath(filepath.Dir(path))
}

// removeBad quarantines rows and deletes those whose side file is durable. It
// runs on the writer's connection outside a transaction. A failure leaves the rows
// where they are; the next start finds them again.
func (s *Store) removeBad(rows []badRow) {
	var saved []badRow
	for _, row := range rows {
		q := s.quarantine(row)
		if q.File != "" {
			saved = append(saved, row)
		}
	}
	if len(saved) == 0 {
		return
	}
	_, err := s.transact([]func(*Tx) error{func(tx *Tx) error { return tx.deleteBad(saved) }}, nil)
	if err != nil {
		s.log.Error("bad records stay in the database", logkey.Count, len(saved), logkey.Err, err, logkey.Code, errcode.Or(err, errcode.StoreBadRecord))
	}
}

func (tx *Tx) deleteBad(rows []badRow) error {
	for _, row := range rows {
		var err error
		switch row.table {
		case "meta":
			err = tx.exec("DELETE FROM meta WHERE k=?", row.key)
		case "lanes":
			err = tx.exec("DELETE FROM lanes WHERE lane=?", row.key)
		case "orders":
			err = tx.exec("DELETE FROM orders WHERE seq=?", row.number)
		case "reports":
			err = tx.DeleteReport(N(row.number))
		case "events":
			err = tx.DeleteEvent(N(row.number))
		case "sums":
			err = tx.exec("DELETE FROM sums WHERE k=?", row.key)
		case "closed": // the order stays
			err = tx.exec("UPDATE closed SET brief=x'' WHERE seq=?", row.number)
		case "archive":
			if err = tx.exec("DELETE FROM archive WHERE id=?", row.id); err == nil {
				err = tx.exec("DELETE FROM closed WHERE id=?", row.id) // the number may be what is bad
			}
		default: // journal, dead, tasks
			err = tx.exec("DELETE FROM "+row.table+" WHERE n=?", row.number)
		}
		if err != nil {
			return err
		}
	}
	return tx.stamp()
}
