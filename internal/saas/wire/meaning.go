package wire

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
)

// MeaningKey is SHA-256 over what the callback means: a repeat in another case, as
// a string for an object, with its names or lines in another order, or with 3.0
// for 3.00 has the same key, and anything that could move money otherwise has
// another one (DESIGN §4). Texts for people, product names and pictures are no
// part of it. The SaaS's order number is, since a repeat that brings it first
// must not be dropped; so is Status, which decides whether the lines count.
// The order id is not: the key lives beside it.
func (c Callback) MeaningKey() [sha256.Size]byte {
	parts := []string{"edged callback meaning v1", string(c.Action), c.SaaSOrderNo, strconv.FormatBool(c.Status)}
	switch c.Action {
	case OrderDetected, OrderSettlement:
		parts = append(parts, string(c.Mode), c.Unreadable)
		parts = append(parts, canonical(c.Lines)...)
	case OrderRefund:
		parts = append(parts, c.RefundNo, unreadableWithout(c.RefundNo, c.Unreadable))
	case OrderAdjustment:
		parts = append(parts, c.DeductionNo, unreadableWithout(c.DeductionNo, c.Unreadable))
	case UnknownAction:
		parts = append(parts, strings.ToLower(c.ActionText))
	}
	var text []byte
	for _, p := range parts {
		text = append(strconv.AppendQuote(text, p), '\n')
	}
	return sha256.Sum256(text)
}

// unreadableWithout is the reason where there is no number to go by.
func unreadableWithout(number, reason string) string {
	if number != "" {
		return ""
	}
	return reason
}

// canonical writes one text per line, sorted.
func canonical(lines []Line) []string {
	out := make([]string, 0, len(lines))
	for _, l := range lines {
		out = append(out, strconv.Quote(l.ProductID)+" "+l.Price.Trim(0).String()+" "+l.Count.Trim(0).String())
	}
	slices.Sort(out)
	return out
}
