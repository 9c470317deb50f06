package zvtterm

import (
	"fmt"
	"strings"
	"unicode"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// Bounds of a receipt that is kept with its order; what is beyond them is cut.
const (
	slipLines = 64
	slipWidth = 64 // characters
)

// slip is the customer's receipt of one transaction. Card numbers are cut in the codec
// (M8), in printed texts too.
type slip struct {
	printed []string
	feeds   int      // empty lines that are kept if something follows
	result  []string // what the result says, for a terminal that prints nothing
}

// print keeps a line (06 D1) or a block (06 D3). A block says whose it is: the
// merchant's copy and administration receipts are not the customer's (tag 1F07, section 7). A
// line does not say it, so all of them are kept.
func (s *slip) print(m zvt.Message) {
	switch m := m.(type) {
	case zvt.PrintLine:
		s.line(m)
	case zvt.PrintBlock:
		if whose, told := m.ReceiptType(); told && whose != zvt.ReceiptCustomer {
			return
		}
		for _, l := range m.Lines() {
			s.line(l)
		}
	}
}

// line takes one line; without text it is a line feed, with FF several (section 8).
func (s *slip) line(l zvt.PrintLine) {
	text := cleanLine(l.Text)
	switch {
	case l.Attribute == zvt.PrintFeed && text == "":
		s.feeds += int(l.Feeds)
	case text == "":
		s.feeds++
	case len(s.printed) < slipLines:
		if s.feeds > 0 && len(s.printed) > 0 {
			s.printed = append(s.printed, "") // one is enough to see the gap
		}
		s.feeds = 0
		s.printed = append(s.printed, text)
	}
}

// cleanLine is a text that can be shown: no control characters, bounded.
func cleanLine(text string) string {
	text = strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
	runes := []rune(strings.TrimRight(text, " "))
	return string(runes[:min(len(runes), slipWidth)])
}

// from builds the receipt of a capture or its reversal of the result itself: some
// terminals print nothing then (section 15, 7). A hold has no receipt (section 9.4).
func (s *slip) from(cmd purchase.TerminalCommand, m zvt.StatusInformation) {
	if cmd.Kind != purchase.CmdCapture && cmd.Kind != purchase.CmdReverse {
		return
	}
	fact := func(name string, values ...string) {
		if v := cleanLine(strings.Join(strings.Fields(strings.Join(values, " ")), " ")); v != "" {
			s.result = append(s.result, cleanLine(fmt.Sprintf("%-9s %s", name, v)))
		}
	}
	fact("merchant", m.MerchantID)
	fact("terminal", m.TerminalID)
	fact("date", dayText(m.Date), clockText(m.Time))
	fact("receipt", m.Receipt)
	fact("trace", m.TraceNo())
	fact("card", brandOf(m), m.CardNumber)
	fact("approval", m.Authorisation.String())
	fact("AID", hexOf(m, zvt.TagEMVAID))
	fact("host", hostText(m))
	what := "paid"
	if cmd.Kind == purchase.CmdReverse {
		what = "reversed"
	}
	fact(what, money.Format(cmd.Amount, cmd.Currency))
	fact("note", m.Text)
	if o, ok := m.TLV.Find(zvt.TagEMVCustomer); ok {
		fact("EMV", zvt.Text(o.Value))
	}
}

// lines are those of the receipt. What the result says is the receipt only of what
// stands.
func (s *slip) lines(stands bool) []string {
	if len(s.printed) == 0 && stands {
		return s.result
	}
	return s.printed
}

// dayText writes BMP 0D, MMDD, as 11-24; the terminal does not say the year.
func dayText(s string) string {
	if len(s) != 4 {
		return s
	}
	return s[:2] + "-" + s[2:]
}

// clockText writes BMP 0C, HHMMSS, as 13:14:15.
func clockText(s string) string {
	if len(s) != 6 {
		return s
	}
	return s[:2] + ":" + s[2:4] + ":" + s[4:]
}

func hexOf(m zvt.StatusInformation, tag zvt.Tag) string {
	o, ok := m.TLV.Find(tag)
	if !ok {
		return ""
	}
	return fmt.Sprintf("%X", o.Value)
}

func hostText(m zvt.StatusInformation) string {
	if !m.HostResult.Set {
		return ""
	}
	return fmt.Sprintf("%02X", m.HostResult.Value)
}
