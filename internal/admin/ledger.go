package admin

import (
	"net/http"
	"time"
)

// Ledger is the money of each terminal, double entry.
type Ledger struct {
	Day       string      `json:"day"`       // that was asked for; empty: the newest days
	TimeZone  string      `json:"time_zone"` // of the days: the gateway's
	Rows      []LedgerRow `json:"rows"`      // the newest day first
	EndsOfDay []EndOfDay  `json:"ends_of_day"`
}

// LedgerRow is one day of one terminal. In each column but Times the accounts add up
// to zero.
type LedgerRow struct {
	Day        string          `json:"day"`
	TerminalID string          `json:"terminal_id"` // or "lane:NAME" of one that tells none
	Currency   string          `json:"currency"`
	Unsynced   int64           `json:"unsynced"` // entries made while the clock was not set: their day may be wrong
	Accounts   []LedgerAccount `json:"accounts"`
}

// LedgerAccount is one account on one day, in minor units.
type LedgerAccount struct {
	Account string `json:"account"`
	Opening int64  `json:"opening_minor"`
	In      int64  `json:"in_minor"`
	Out     int64  `json:"out_minor"`
	Closing int64  `json:"closing_minor"`
	Times   int64  `json:"times"` // it gained
}

// EndOfDay is how the last end of day of a terminal compared with the ledger.
type EndOfDay struct {
	TerminalID  string    `json:"terminal_id"`
	Lane        string    `json:"lane"`
	At          time.Time `json:"at"`
	ClockSynced bool      `json:"clock_synced"`
	Currency    string    `json:"currency"`
	Terminal    int64     `json:"terminal_minor"` // what it counted
	Edged       int64     `json:"edged_minor"`    // what edged booked since the one before
	Unconfirmed int64     `json:"unconfirmed_minor"`
	InDoubt     int64     `json:"in_doubt_minor"`
	Difference  int64     `json:"difference_minor"`
}

func (s *Server) ledger(r *http.Request) (any, error) {
	limit, err := limitOf(r)
	if err != nil {
		return nil, err
	}
	l, err := s.o.Backend.Ledger(r.Context(), r.URL.Query().Get("day"), limit)
	l.Rows, l.EndsOfDay = list(l.Rows), list(l.EndsOfDay)
	return l, err
}
