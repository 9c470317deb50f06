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

// Choices are all of them.
func (KeyForm) Choices() []string {
	return []string{string(Camel), string(Pascal)}
}

// DataForm is how `Data` is written: the document says an object, its field types
// say a string.
type DataForm string

// The data forms.
const (
	AsObject DataForm = "object"
	AsString DataForm = "string"
	AsNull   DataForm = "null"
)

// Choices are all of them.
func (DataForm) Choices() []string {
	return []string{string(AsObject), string(AsString), string(AsNull)}
}

// ReportForm is the answer to a payment report: the seed has two.
type ReportForm string

// The report forms.
const (
	ReportBool      ReportForm = "bool"      // data: true
	ReportUnwrapped ReportForm = "unwrapped" // {OrderId, Status, Message}
)

// Choices are all of them.
func (ReportForm) Choices() []string {
	return []string{string(ReportBool), string(ReportUnwrapped)}
}

// DuplicateOpen says what a second OpenDoor with the same order id gets.
type DuplicateOpen string

// The answers to a repeated OpenDoor. Neither opens a door again.
const (
	AnswerSame   DuplicateOpen = "same"
	RefuseRepeat DuplicateOpen = "refuse"
)

// Choices are all of them.
func (DuplicateOpen) Choices() []string {
	return []string{string(AnswerSame), string(RefuseRepeat)}
}

// Machine is a cabinet as the SaaS knows it.
type Machine struct {
	ID             string  `yaml:"id"`                         // machine number
	Name           string  `yaml:"name,omitempty"`             // as machine info tells it
	Signal         int     `yaml:"signal,omitempty"`           // 0 to 5
	Temperature    string  `yaml:"temperature,omitempty"`      // degrees, as text
	RunningState   int     `yaml:"running_state,omitempty"`    // "whether to lock the machine"; the sample of a working one has 1
	VendType       string  `yaml:"vend_type,omitempty"`        // 0001 dynamic, 0002 gravity, 0003 static, 0004 dynamic and gravity, 0005 single gravity
	PreAuthorLimit string  `yaml:"pre_author_limit,omitempty"` // major units, "50"
	Currency       string  `yaml:"currency,omitempty"`         // "EUR"
	Goods          []Goods `yaml:"goods,omitempty"`            // what is sold
}

// Goods is one product.
type Goods struct {
	ID         string `yaml:"id"`                    // commodity id
	Name       string `yaml:"name"`                  // commodity name
	SKU        string `yaml:"sku,omitempty"`         // bar code
	WeightGram int    `yaml:"weight_gram,omitempty"` // of one piece
	PriceMinor int64  `yaml:"price_minor"`           // of one piece, or of one kilogram
	Door       int    `yaml:"door"`                  // behind which it lies
}

// Options make a Sim. The zero value of each optional field means its default. What has
// a YAML key can be said in a script.
type Options struct {
	AppID    string        `yaml:"app_id"`    // what a login must present
	Key      string        `yaml:"key"`       // what a login must present
	Secret   string        `yaml:"secret"`    // what a login must present
	TokenTTL time.Duration `yaml:"token_ttl"` // how long a token is good for; 2h
	Machines []Machine     `yaml:"machines"`  // the cabinets there are
	Exponent *int          `yaml:"exponent"`  // decimals of the currency; 2

	LoginUnwrapped bool          `yaml:"login_unwrapped"`   // answer a login {Token, ExpiresIn} without the envelope
	Keys           KeyForm       `yaml:"keys"`              // case of the names in answers and callbacks; camel
	Data           DataForm      `yaml:"data"`              // form of Data in OrderDetected and its kin (null: in decisions only); object
	Report         ReportForm    `yaml:"report"`            // form of the answer to a payment report; bool
	Repeat         DuplicateOpen `yaml:"repeat"`            // what a second OpenDoor with the same order id gets; same
	Default        Script        `yaml:"-"`                 // of orders nobody scripted
	NothingIsMode1 bool          `yaml:"nothing_is_mode_1"` // nothing taken is mode 1 (cancel) instead of mode 0 with no lines

	// LedgerPath is the ledger's file; "" keeps it in memory.
	LedgerPath string
	// Client posts the callbacks; http.DefaultTransport with a time limit by default.
	Client *http.Client
	// RepeatEvery is the pause before a callback that was not taken is posted again; 2s.
	RepeatEvery time.Duration `yaml:"repeat_every"`
	// DetectAfter is how long recognition takes after the door closed; 1s.
	DetectAfter time.Duration `yaml:"detect_after"`

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
