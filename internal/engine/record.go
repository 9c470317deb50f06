package engine

import (
	"encoding/json"
	"fmt"
	"time"

	"edged/internal/lane"
	book "edged/internal/ledger"
	"edged/internal/purchase"
	"edged/internal/queue"
)

// orderRecord is the stored form of an open order.
type orderRecord struct {
	State  json.RawMessage `json:"s"`
	Seen   []string        `json:"k,omitempty"` // dedup keys, kept as long as the order
	Parked string          `json:"p,omitempty"`
	Missed int             `json:"m,omitempty"` // newest events of the journal, kept while parked
	Ledger string          `json:"l,omitempty"` // its entries: book.Line.Record
}

func (o *order) encode() ([]byte, error) {
	s, err := o.state.Encode()
	if err != nil {
		return nil, err
	}
	return json.Marshal(orderRecord{State: s, Seen: o.seen, Parked: o.parked, Missed: o.missed, Ledger: o.line.Record(o.state, time.Local)})
}

func decodeOrder(seq queue.Seq, b []byte) (*order, error) {
	var r orderRecord
	if err := json.Unmarshal(b, &r); err != nil {
		return nil, fmt.Errorf("decode order record: %w", err)
	}
	s, err := purchase.DecodeState(r.State)
	if err != nil {
		return nil, err
	}
	line, bad := book.FromRecord(r.Ledger, s, time.Local)
	return &order{
		seq: seq, state: s, bytes: b, seen: r.Seen, parked: r.Parked, missed: r.Missed, line: line, lineBad: bad,
		reports: map[int]queue.N{}, dead: map[int]queue.N{},
	}, nil
}

// archiveRecord is the stored form of a closed order: its record and journal.
type archiveRecord struct {
	Order   json.RawMessage   `json:"o"`
	Journal []json.RawMessage `json:"j"`
}

// laneRecord is the stored form of a lane.
type laneRecord struct {
	Durable lane.Durable    `json:"d"`
	Config  json.RawMessage `json:"c,omitempty"`
}

func (l *laneRun) encode() ([]byte, error) {
	return json.Marshal(laneRecord{Durable: l.state.Durable, Config: l.opts.Stored})
}

// Meta keys.
const (
	metaPowered = "engine.powered"
	metaTills   = "engine.tills" // ends of day, by terminal
)
