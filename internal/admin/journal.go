package admin

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"edged/internal/money"
	"edged/internal/purchase"
)

// JournalOf describes the events of an order for a person, oldest first.
func JournalOf(events []purchase.Event, currency money.Currency) []JournalEntry {
	out := make([]JournalEntry, 0, len(events))
	for _, ev := range events {
		raw, err := purchase.EncodeEvent(ev)
		if err != nil {
			raw = json.RawMessage("null") // it was decoded a moment ago
		}
		out = append(out, JournalEntry{
			At: wall(ev.At.Wall), ClockSynced: ev.At.Synced, Kind: string(ev.Body.Kind()),
			Text: oneLine(text(ev.Body, currency)), Event: raw, Slip: slip(ev.Body),
		})
	}
	return out
}

func slip(body purchase.Body) []string {
	if b, ok := body.(purchase.Ended); ok {
		return b.Slip
	}
	return nil
}

// text says in a few words what happened.
func text(body purchase.Body, c money.Currency) string {
	switch b := body.(type) {
	case purchase.Arm:
		return "armed on lane " + b.Terms.Lane + " for a hold of " + money.Format(b.Terms.Limit, c)
	case purchase.HoldGranted:
		return "terminal" + with(b.Hold.Terminal) + " holds " + money.Format(b.Hold.Amount, c) + ", receipt " + b.Hold.Receipt + with(b.Hold.Card) + unread(b.Unread)
	case purchase.Captured:
		return "terminal took " + money.Format(b.Amount, c) + ", receipt " + b.Receipt + unread(b.Unread)
	case purchase.Released:
		return "terminal gave the hold back, receipt " + b.Receipt + unread(b.Unread)
	case purchase.Reversed:
		return "terminal undid the capture, receipt " + b.Receipt + unread(b.Unread)
	case purchase.Ended:
		return endedText(b)
	case purchase.HoldFound:
		return "terminal lists an open hold that can only be this order's, receipt " + b.Hold.Receipt
	case purchase.HoldAbsent:
		return "terminal has no open hold of this order"
	case purchase.OpenAnswered:
		return fmt.Sprintf("OpenDoor %d: %s%s", b.Attempt, spaced(string(b.Answer)), colon(b.Msg))
	case purchase.Sign:
		return "callback: " + signText(b.Sign) + colon(b.Msg)
	case purchase.Detected:
		return detectedText(b)
	case purchase.Due:
		return "deadline: " + spaced(string(b.Name))
	case purchase.Restarted:
		return "edged was started again"
	case purchase.SettleNow:
		return "the terminal's end of day is near"
	case purchase.Abandon:
		return "not used" + colon(b.Why)
	}
	return laterText(body, c)
}

// unread points to what a driver could not read of a result.
func unread(hex string) string {
	if hex == "" {
		return ""
	}
	return "; not readable: " + hex
}

// laterText is for what happens after the purchase itself.
func laterText(body purchase.Body, c money.Currency) string {
	switch b := body.(type) {
	case purchase.Reported:
		if b.OK {
			return fmt.Sprintf("SaaS acknowledged report %d%s", b.Report, colon(b.Msg))
		}
		return fmt.Sprintf("SaaS refused report %d%s", b.Report, colon(b.Msg))
	case purchase.Adjustment:
		return "callback: additional charge " + b.Number + " asked for, " + lines(b.Lines) + colon(b.Unreadable)
	case purchase.Refund:
		return "callback: refund " + b.Number + " asked for, " + lines(b.Lines) + colon(b.Unreadable)
	case purchase.Person:
		return personText(b, c)
	}
	return spaced(string(body.Kind()))
}

func endedText(b purchase.Ended) string {
	s := spaced(string(b.What)) + ": " + spaced(string(b.Outcome))
	if b.Reason != purchase.ReasonNone {
		s += ", " + spaced(string(b.Reason))
	}
	if b.What == purchase.CmdAsk && b.Outcome == purchase.Done {
		s += fmt.Sprintf(", %d open", len(b.Open))
	}
	return s + with(b.Code) + colon(b.Text)
}

func signText(s purchase.SignName) string {
	switch s {
	case purchase.SignPreOpen:
		return "the door is about to open"
	case purchase.SignOpened:
		return "door opened"
	case purchase.SignClosed:
		return "door closed"
	case purchase.SignCancel:
		return "cancelled"
	}
	return spaced(string(s))
}

func detectedText(b purchase.Detected) string {
	s := "callback: recognition"
	if b.Source == purchase.FromSettlement {
		s = "callback: the merchant's decision"
	}
	switch {
	case !b.OK:
		return s + " failed" + colon(b.Msg)
	case b.Unreadable != "":
		return s + " is unreadable" + colon(b.Unreadable)
	case b.Mode == purchase.ModeCancel:
		return s + ", cancelled" + colon(b.Msg)
	case b.Mode == purchase.ModeInterrupt:
		return s + ", left to the merchant" + colon(b.Msg)
	}
	return s + ", " + lines(b.Lines)
}

func personText(b purchase.Person, c money.Currency) string {
	s := "by hand"
	if b.Who != "" {
		s += " (" + b.Who + ")"
	}
	s += ": " + spaced(string(b.Act))
	if b.Report != 0 {
		s += " " + strconv.Itoa(b.Report)
	}
	s += with(b.Number)
	if b.Amount != 0 {
		s += ", " + money.Format(b.Amount, c)
	}
	return s + colon(b.Note)
}

// lines lists what was taken.
func lines(ls []purchase.Line) string {
	if len(ls) == 0 {
		return "nothing taken"
	}
	parts := make([]string, len(ls))
	for i, l := range ls {
		parts[i] = l.Count + " × " + l.Name + " at " + l.Price
	}
	return strings.Join(parts, ", ")
}

func spaced(s string) string { return strings.ReplaceAll(s, "_", " ") }

// with puts a detail behind a blank, colon behind a colon; nothing for nothing.
func with(s string) string {
	if s == "" {
		return ""
	}
	return " " + s
}

func colon(s string) string {
	if s == "" {
		return ""
	}
	return ": " + s
}

// oneLine makes foreign text safe for a terminal: no control character moves a
// cursor or forges a line.
func oneLine(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || (r >= 0x80 && r < 0xa0) {
			return ' '
		}
		return r
	}, s)
}
