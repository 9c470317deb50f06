package saassim

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/http"
	"time"
)

// KeyForm is how JSON names are written: the document says Pascal, the live
// service mostly lowerCamel.
type KeyForm string

// The key forms.
const (
	Camel  KeyForm = "camel"
	Pascal KeyForm = "pascal"
)

// DataForm is how `Data` is written: the document says an object, its field types
// say a string.
type DataForm string

// The data forms.
const (
	AsObject DataForm = "object"
	AsString DataForm = "string"
	AsNull   DataForm = "null"
)

// ReportForm is the answer to a payment report: the seed has two.
type ReportForm string

// The report forms.
const (
	ReportBool      ReportForm = "bool"      // data: true
	ReportUnwrapped ReportForm = "unwrapped" // {OrderId, Status, Message}
)

// DuplicateOpen says what a second OpenDoor with the same order id gets.
type DuplicateOpen string

// The answers to a repeated OpenDoor. Neither opens a door again.
const (
	AnswerSame   DuplicateOpen = "same"
	RefuseRepeat DuplicateOpen = "refuse"
)

// Machine is a cabinet as the SaaS knows it.
type Machine struct {
	ID             string  `yaml:"id"`
	Name           string  `yaml:"name,omitempty"`
	Signal         int     `yaml:"signal,omitempty"`
	Temperature    string  `yaml:"temperature,omitempty"`
	RunningState   int     `yaml:"running_state,omitempty"`
	VendType       string  `yaml:"vend_type,omitempty"`
	PreAuthorLimit string  `yaml:"pre_author_limit,omitempty"` // major units, "50"
	Currency       string  `yaml:"currency,omitempty"`         // "EUR"
	Goods          []Goods `yaml:"goods,omitempty"`
}

// Goods is one product.
type Goods struct {
	ID         string `yaml:"id"`
	Name       string `yaml:"name"`
	SKU        string `yaml:"sku,omitempty"`
	WeightGram int    `yaml:"weight_gram,omitempty"`
	PriceMinor int64  `yaml:"price_minor"`
	Door       int    `yaml:"door"`
}

// Options make a Sim. The zero value of each optional field means its default.
type Options struct {
	AppID, Key, Secret string // what a login must present
	TokenTTL           time.Duration
	Machines           []Machine
	Exponent           *int // decimals of the currency; 2

	LoginUnwrapped bool       // {Token, ExpiresIn} without the envelope
	Keys           KeyForm    // of answers and callbacks; Camel
	Data           DataForm   // of OrderDetected and its kin (AsNull: of decisions only); AsObject
	Report         ReportForm // ReportBool
	Repeat         DuplicateOpen
	Default        Script // of orders nobody scripted
	NothingIsMode1 bool   // nothing taken is mode 1 (cancel) instead of mode 0 with no lines

	// LedgerPath is the ledger's file; "" keeps it in memory.
	LedgerPath string
	// Client posts the callbacks; http.DefaultTransport with a time limit by default.
	Client *http.Client
	// RepeatEvery is the pause before a callback that was not taken is posted again.
	RepeatEvery time.Duration
	// DetectAfter is how long recognition takes after the door closed.
	DetectAfter time.Duration

	// OnOpen is told of each order whose door shall open: once per order, after it
	// is in the ledger and before the gateway is answered. It must not block.
	OnOpen func(Order)
	// OnPoint is called at every point ("OpenDoor received", see PointReceived and
	// PointCallback), from several goroutines; the call or post waits for its return.
	OnPoint func(point string)
	Logger  *slog.Logger
}

func (o Options) withDefaults() (Options, error) {
	o.TokenTTL = cmp.Or(o.TokenTTL, 2*time.Hour)
	o.Keys = cmp.Or(o.Keys, Camel)
	o.Data = cmp.Or(o.Data, AsObject)
	o.Report = cmp.Or(o.Report, ReportBool)
	o.Repeat = cmp.Or(o.Repeat, AnswerSame)
	o.RepeatEvery = cmp.Or(o.RepeatEvery, 2*time.Second)
	o.DetectAfter = cmp.Or(o.DetectAfter, time.Second)
	if o.Exponent == nil {
		two := 2
		o.Exponent = &two
	}
	if o.Client == nil {
		o.Client = &http.Client{Timeout: 10 * time.Second}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	for _, m := range o.Machines {
		if m.ID == "" {
			return o, fmt.Errorf("saassim options: a machine without an id")
		}
	}
	return o, nil
}
