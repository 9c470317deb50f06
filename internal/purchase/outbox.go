package purchase

import (
	"encoding/json"
	"fmt"
)

// OutboxRow is what waits in the store to be sent: the exact bytes of one
// report and whom they belong to. The engine writes it, the sender reads it.
type OutboxRow struct {
	V       int             `json:"v"`
	Order   OrderID         `json:"o"`
	Report  int             `json:"n"`    // number within the order
	Account string          `json:"acct"` // the only account it may go to (M4)
	Body    json.RawMessage `json:"b"`    // the request, sent byte for byte
}

// Encode gives the row's bytes for the store.
func (r OutboxRow) Encode() ([]byte, error) {
	r.V = 1
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode report %d of order %s: %w", r.Report, r.Order, err)
	}
	return b, nil
}

// DecodeOutboxRow reads what Encode wrote.
func DecodeOutboxRow(b []byte) (OutboxRow, error) {
	var r OutboxRow
	if err := json.Unmarshal(b, &r); err != nil {
		return OutboxRow{}, fmt.Errorf("decode report: %w", err)
	}
	if r.V != 1 {
		return OutboxRow{}, fmt.Errorf("decode report: version %d, this edged knows 1", r.V)
	}
	return r, nil
}
