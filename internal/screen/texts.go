package screen

import "strings"

// text is one message of the catalogue, split by meaning by whoever wrote it:
//
//	\n  next row
//	\f  next page (put together again on a display with more rows)
//	\t  what follows is an amount or a value: to the right, never cut
//	|   between longer and shorter forms of what is left of a \t
//	{x} a value: limit, held, total, captured (amounts, only behind \t), door,
//	    code, minutes
//
// Pages have at most two rows of 20 cells. A first row that repeats the last row of
// the page before keeps a page readable by itself.
type text string

// texts are one language. A language is complete or it does not exist.
type texts struct {
	Decimal string // between major and minor units

	Starting       text
	Moment         text
	OutOfService   text
	Idle           []text // shown in turn; each names the amount
	IdleDoor       text
	Authorising    text
	StillWorking   text
	Opening        text
	OpeningDoor    text
	GrantedLess    text
	InDoubt        text
	Open           text
	OpenDoor       text
	CloseWhenDone  text
	Remind         text
	Detecting      text
	DetectingLong  text
	Review         text
	Total          text // heading of the total
	TotalRow       text
	MoreItems      text
	Capturing      text
	Paid           text
	PaidShort      text
	NothingTaken   text
	Released       text // follows whatever gave a hold back
	Unpaid         text
	Declined       text
	TimedOut       text
	Aborted        text
	CardError      text
	NoHost         text
	TerminalFault  text
	NotAccepted    text
	ShortGrant     text
	Cancelled      text
	DoorRefused    text
	NoConnection   text
	DoorSilent     text
	PaymentStopped text
	Restock        text
	RestockOpening text
	RestockOpen    text
	RestockClosed  text
	RestockRefused text
}

// defaultLanguage is shown where a language is unknown.
const defaultLanguage = "en"

// catalogue holds every language by its BCP 47 code.
func catalogue() map[string]func() *texts {
	return map[string]func() *texts{"en": english}
}

// Languages lists the codes of the catalogue, for the configuration's check.
func Languages() []string { return []string{"en"} }

// textsFor follows the locale's chain: de-CH, de, then the default.
func textsFor(lang string) *texts {
	for tag := strings.ToLower(lang); tag != ""; {
		if make, ok := catalogue()[tag]; ok {
			return make()
		}
		i := strings.LastIndexAny(tag, "-_")
		tag = tag[:max(i, 0)]
	}
	return catalogue()[defaultLanguage]()
}
