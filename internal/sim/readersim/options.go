package readersim

import (
	"cmp"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// CaptureMode says which commands resolve a reservation: they carry opposite
// amounts and a terminal usually knows one (§10).
type CaptureMode string

// The capture modes.
const (
	PartialReversal CaptureMode = "partial_reversal" // 06 23: the amount is given back
	BookTotal       CaptureMode = "book_total"       // 06 24: the amount is taken
	BothCaptures    CaptureMode = "both"
	NoCapture       CaptureMode = "none"
)

// Choices are all of them.
func (CaptureMode) Choices() []string {
	return []string{string(PartialReversal), string(BookTotal), string(BothCaptures), string(NoCapture)}
}

// EndOfDayPolicy says what 06 50 does while reservations are open (§15.2).
type EndOfDayPolicy string

// The end-of-day policies.
const (
	RefuseOpen  EndOfDayPolicy = "refuse"      // 06 1E B8 and a receipt
	ChargeFull  EndOfDayPolicy = "charge_full" // the customer pays the whole hold
	ReleaseOpen EndOfDayPolicy = "release"
	StrandOpen  EndOfDayPolicy = "strand" // the hold stays, and can be neither taken nor given back
)

// Choices are all of them.
func (EndOfDayPolicy) Choices() []string {
	return []string{string(RefuseOpen), string(ChargeFull), string(ReleaseOpen), string(StrandOpen)}
}

// UnackedPolicy says what becomes of a transaction whose Status Information was
// not acknowledged (§11.1, §17).
type UnackedPolicy string

// The policies for what was not acknowledged.
const (
	ReverseUnacked UnackedPolicy = "reverse"
	KeepUnacked    UnackedPolicy = "keep"
)

// Choices are all of them.
func (UnackedPolicy) Choices() []string {
	return []string{string(ReverseUnacked), string(KeepUnacked)}
}

// AnswerAmount says what BMP 04 of the answer to a capture holds (§10).
type AnswerAmount string

// The amounts a terminal may answer with.
const (
	AnswerFinal    AnswerAmount = "final"
	AnswerReversed AnswerAmount = "reversed"
	AnswerZero     AnswerAmount = "zero"
)

// Choices are all of them.
func (AnswerAmount) Choices() []string {
	return []string{string(AnswerFinal), string(AnswerReversed), string(AnswerZero)}
}

// Timing holds the terminal's timers (§2.5) and how long things take it.
type Timing struct {
	T1       time.Duration `yaml:"t1"`        // byte to byte within a frame; 1s
	T2       time.Duration `yaml:"t2"`        // end of a frame to its ACK; 5s
	T3       time.Duration `yaml:"t3"`        // command to its answer 80/84; 5s
	CardWait time.Duration `yaml:"card_wait"` // how long 06 22 waits for a card before 6C; 60s
	Host     time.Duration `yaml:"host"`      // a round trip to the acquirer; 300ms
	Boot     time.Duration `yaml:"boot"`      // from power to the first answer; 2s
	Ask      time.Duration `yaml:"ask"`       // between two Status Informations answered 84 9C; 2s
}

// Options make a Terminal. The zero value of each field means its default. What has a
// YAML key can be said in a script.
type Options struct {
	// Family of terminals (Families): sets what it does differently. What is set here
	// beside it goes before it.
	Family string `yaml:"family"`

	TerminalID  string `yaml:"terminal_id"`  // 8 digits; 52500001
	Merchant    string `yaml:"merchant"`     // VU number, up to 15 characters
	Password    string `yaml:"password"`     // 6 digits; 000000
	Currency    string `yaml:"currency"`     // ISO 4217 number; 978
	Version     string `yaml:"version"`      // software version told in the status enquiry
	DefaultHold int64  `yaml:"default_hold"` // minor units granted if 06 22 names no amount; 5000

	Capture  CaptureMode    `yaml:"capture"`    // command that resolves a reservation; partial_reversal
	MaxHolds int            `yaml:"max_holds"`  // open reservations at a time; 1
	EndOfDay EndOfDayPolicy `yaml:"end_of_day"` // what 06 50 does while reservations are open; refuse
	Unacked  UnackedPolicy  `yaml:"unacked"`    // what becomes of a result that was not acknowledged; reverse
	Answer   AnswerAmount   `yaml:"answer"`     // amount in the answer to a capture; final

	PrintFirst bool `yaml:"print_first"` // receipts go out before the Status Information (§17)
	NoReceipts bool `yaml:"no_receipts"` // nothing is printed when a hold is resolved (§15.7)
	OneByOne   bool `yaml:"one_by_one"`  // the enquiry names one open hold at a time (§9.5)
	Extends    bool `yaml:"extends"`     // a reservation can be made larger (§9.4)
	NoRefunds  bool `yaml:"no_refunds"`  // the acquirer allows no 06 31 (§9.9)
	DayCode    byte `yaml:"day_code"`    // in the completion of the end of day, then silence for Boot: E0, FC (§9.10)
	NotReady   bool `yaml:"not_ready"`   // ends the end of day by A0 when it is done (§12, Feig)

	FirstReceipt     int  `yaml:"first_receipt"`     // receipt number of the first transaction on an empty ledger; 1
	KeepRegistration bool `yaml:"keep_registration"` // registration survives a power cut (§9.1, CC)
	TakeCollisions   bool `yaml:"take_collisions"`   // take a command that crosses our frame instead of losing both (§2.6)
	FixedBaud        bool `yaml:"fixed_baud"`        // refuses another baud rate (FD)
	USB              bool `yaml:"usb"`               // the terminal is its own serial adapter: without power there is no port

	// LedgerPath is the ledger's file; "" keeps it in memory.
	LedgerPath string
	Timing     Timing `yaml:"timing"` // its timers, and how long things take it
	// OnPoint is called at every wire point (see Point) by the goroutine of Run,
	// which waits for its return.
	OnPoint func(point string)
	// Tap, if set, may put something between the terminal and each line that is attached, a
	// recorder for example. What it returns is closed in place of rw.
	Tap    func(rw io.ReadWriteCloser, tr Transport) io.ReadWriteCloser
	Logger *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	o, err := o.asFamily()
	if err != nil {
		return o, err
	}
	o.TerminalID = cmp.Or(o.TerminalID, "52500001")
	o.Merchant = cmp.Or(o.Merchant, "EDGED DEMO")
	o.Password = cmp.Or(o.Password, "000000")
	o.Currency = cmp.Or(o.Currency, "978")
	o.Version = cmp.Or(o.Version, "SIM 1.0")
	o.DefaultHold = cmp.Or(o.DefaultHold, 5000)
	o.Capture = cmp.Or(o.Capture, PartialReversal)
	o.MaxHolds = cmp.Or(o.MaxHolds, 1)
	o.EndOfDay = cmp.Or(o.EndOfDay, RefuseOpen)
	o.Unacked = cmp.Or(o.Unacked, ReverseUnacked)
	o.Answer = cmp.Or(o.Answer, AnswerFinal)
	o.FirstReceipt = cmp.Or(o.FirstReceipt, 1)
	o.Timing = o.Timing.withDefaults()
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	return o, o.validate()
}

func (t Timing) withDefaults() Timing {
	return Timing{
		T1:       cmp.Or(t.T1, time.Second),
		T2:       cmp.Or(t.T2, 5*time.Second),
		T3:       cmp.Or(t.T3, 5*time.Second),
		CardWait: cmp.Or(t.CardWait, 60*time.Second),
		Host:     cmp.Or(t.Host, 300*time.Millisecond),
		Boot:     cmp.Or(t.Boot, 2*time.Second),
		Ask:      cmp.Or(t.Ask, 2*time.Second),
	}
}

func (o Options) validate() error {
	switch {
	case !digits(o.TerminalID, 8):
		return fmt.Errorf("terminal id: got %q, want 8 digits", o.TerminalID)
	case !digits(o.Password, 6):
		return fmt.Errorf("password: want 6 digits")
	case !digits(o.Currency, 3):
		return fmt.Errorf("currency: got %q, want the 3 digits of ISO 4217", o.Currency)
	case len(o.Merchant) > 15:
		return fmt.Errorf("merchant: got %q, want up to 15 characters", o.Merchant)
	case o.FirstReceipt < 1 || o.FirstReceipt > maxReceipt:
		return fmt.Errorf("first receipt: got %d, want 1 to %d", o.FirstReceipt, maxReceipt)
	}
	return nil
}

func digits(s string, n int) bool {
	if len(s) != n {
		return false
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return false
		}
	}
	return true
}
