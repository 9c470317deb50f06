package catalogue

import "strings"

// Text is one message, split by meaning by whoever wrote it:
//
//	\n  next row
//	\f  next page (put together again on a display with more rows)
//	\t  what follows is an amount or a value: to the right, never cut
//	|   between longer and shorter forms of what is left of a \t
//	{x} a value: limit, held, total, captured (amounts), code, minutes, all of them
//	    only behind \t; door, in the row
//
// Pages have at most two rows of 20 cells. A first row that repeats the last row of
// the page before keeps a page readable by itself.
type Text string

// Texts are one language. A language is complete or it does not exist. The key is the
// name of a message in an operator's file.
type Texts struct {
	Decimal string // between major and minor units

	Starting       Text   `key:"starting"`
	Moment         Text   `key:"moment"`
	OutOfService   Text   `key:"out_of_service"`
	Idle           []Text `key:"idle"` // shown in turn; each names the amount
	IdleDoor       Text   `key:"idle_door"`
	Authorising    Text   `key:"authorising"`
	StillWorking   Text   `key:"still_working"`
	Opening        Text   `key:"opening"`
	OpeningDoor    Text   `key:"opening_door"`
	GrantedLess    Text   `key:"granted_less"`
	InDoubt        Text   `key:"in_doubt"`
	Open           Text   `key:"open"`
	OpenDoor       Text   `key:"open_door"`
	CloseWhenDone  Text   `key:"close_when_done"`
	Remind         Text   `key:"remind"`
	Detecting      Text   `key:"detecting"`
	DetectingLong  Text   `key:"detecting_long"`
	Review         Text   `key:"review"`
	Total          Text   `key:"total"` // heading of the total
	TotalRow       Text   `key:"total_row"`
	MoreItems      Text   `key:"more_items"`
	Capturing      Text   `key:"capturing"`
	Paid           Text   `key:"paid"`
	PaidShort      Text   `key:"paid_short"`
	NothingTaken   Text   `key:"nothing_taken"`
	Released       Text   `key:"released"` // follows whatever gave a hold back
	Unpaid         Text   `key:"unpaid"`
	Declined       Text   `key:"declined"`
	TimedOut       Text   `key:"timed_out"`
	Aborted        Text   `key:"aborted"`
	CardError      Text   `key:"card_error"`
	NoHost         Text   `key:"no_host"`
	TerminalFault  Text   `key:"terminal_fault"`
	NotAccepted    Text   `key:"not_accepted"`
	ShortGrant     Text   `key:"short_grant"`
	Cancelled      Text   `key:"cancelled"`
	DoorRefused    Text   `key:"door_refused"`
	NoConnection   Text   `key:"no_connection"`
	DoorSilent     Text   `key:"door_silent"`
	PaymentStopped Text   `key:"payment_stopped"`
	Restock        Text   `key:"restock"`
	RestockOpening Text   `key:"restock_opening"`
	RestockOpen    Text   `key:"restock_open"`
	RestockClosed  Text   `key:"restock_closed"`
	RestockRefused Text   `key:"restock_refused"`
}

// fallback is shown where a language is unknown.
const fallback = "en"

// Languages lists the codes (BCP 47) of the languages there are.
func Languages() []string { return []string{"en", "fr", "de", "es"} }

// language makes the texts of a code; nil: there are none.
func language(code string) *Texts {
	switch code {
	case "en":
		return english()
	case "fr":
		return french()
	case "de":
		return german()
	case "es":
		return spanish()
	}
	return nil
}

// For follows the locale's chain: de-CH, de, then English; the operator's texts for
// the language that was found go before its own. nil: there are none.
func For(lang string, own *Overrides) *Texts {
	for tag := strings.ToLower(lang); tag != ""; {
		if t := language(tag); t != nil {
			own.apply(t, tag)
			return t
		}
		tag = tag[:max(strings.LastIndexAny(tag, "-_"), 0)]
	}
	t := language(fallback)
	own.apply(t, fallback)
	return t
}
