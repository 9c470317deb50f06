package wire

import (
	"strconv"

	"github.com/govalues/decimal"
)

// Mode is TradeProcessMode (V2 §11.4). The texts are on disk.
type Mode string

// The modes; NoMode is a detection without one.
const (
	NoMode    Mode = ""
	Normal    Mode = "normal"    // 0: charge the lines
	Cancelled Mode = "cancelled" // 1: nothing was taken
	Interrupt Mode = "interrupt" // 2: the merchant decides later
)

// MeterType says what Count counts (V2 §11.4): pieces, or units of weight. A
// line's total is price times count in both.
type MeterType int

// The meter types; 0 is one that was not said.
const (
	Piece  MeterType = 1
	Weight MeterType = 2
)

// Line is one product of a detection.
type Line struct {
	ProductID string
	Name      string
	Price     decimal.Decimal // major units, exact, not negative in a readable line
	Count     decimal.Decimal // V2: integer; field: fractional for goods by weight
	MeterType MeterType
}

// Detection is a DetectOrderDetailJson, or the product list of a refund or an
// adjustment.
type Detection struct {
	Mode  Mode
	Lines []Line
	// Unreadable is why nothing may be charged or released on this detection, ""
	// if it is readable. Mode and Lines then hold what could be read.
	Unreadable string
}

// decodeDetection reads a DetectOrderDetailJson: an object, or a string that holds
// it. It has no error: what cannot be read is a reason for no decision.
func decodeDetection(v value) Detection {
	f, reason := openDetection(v)
	if reason != "" {
		return Detection{Unreadable: reason}
	}
	var d Detection
	d.Mode, d.Unreadable = decodeMode(f)
	if d.Unreadable != "" {
		return d
	}
	list, ok := f.get("tradeProductModels")
	switch {
	case f.err != nil:
		d.Unreadable = "TradeProductModels occurs twice"
	case ok:
		d.Lines, d.Unreadable = decodeLines(list)
	default:
		// An empty list is a statement, a missing one is not.
		d.Unreadable = "TradeProductModels is missing"
	}
	if d.Mode != Normal {
		d.Unreadable = "" // nothing is charged by their lines
	}
	return d
}

// openDetection opens Data as an object; the reason never quotes what stood there.
func openDetection(v value) (*fields, string) {
	if v.kind() == "string" && v.unquote() == "" {
		return nil, "Data is empty"
	}
	inner, err := v.inner(MaxCallback)
	if err != nil {
		return nil, "Data is a text, not a result"
	}
	f, err := inner.fields()
	if err != nil {
		return nil, "Data is not an object"
	}
	return f, ""
}

func decodeMode(f *fields) (Mode, string) {
	v, ok := f.get("tradeProcessMode")
	if f.err != nil {
		return NoMode, "TradeProcessMode occurs twice"
	}
	if !ok {
		return NoMode, "TradeProcessMode is missing"
	}
	n, err := v.integer()
	if err != nil {
		return NoMode, "TradeProcessMode is not a number"
	}
	switch n {
	case 0:
		return Normal, ""
	case 1:
		return Cancelled, ""
	case 2:
		return Interrupt, ""
	}
	return NoMode, "TradeProcessMode " + strconv.FormatInt(n, 10) + " is not defined"
}

// decodeLines reads a product list. The reason names the first bad line, counted
// from 1.
func decodeLines(v value) (lines []Line, reason string) {
	entries, err := v.elements(MaxLines)
	if err != nil {
		return nil, "the product list is not an array of at most " + strconv.Itoa(MaxLines)
	}
	for i, entry := range entries {
		line, why := decodeLine(entry)
		lines = append(lines, line)
		if why != "" && reason == "" {
			reason = "line " + strconv.Itoa(i+1) + ": " + why
		}
	}
	return lines, reason
}

func decodeLine(v value) (Line, string) {
	f, err := v.fields()
	if err != nil {
		return Line{}, "not an object"
	}
	l := Line{ProductID: f.id("id"), MeterType: MeterType(f.lenientSmall("meterType"))}
	if name, ok := f.get("alisName"); ok {
		l.Name = name.words()
	}
	if f.err != nil {
		return l, "Id cannot be read"
	}
	var why string
	if l.Price, why = chargeable(f, "price"); why != "" {
		return l, "Price " + why
	}
	if l.Count, why = chargeable(f, "buyCount"); why != "" {
		return l, "BuyCount " + why
	}
	return l, ""
}

// chargeable reads a factor of a line's total.
func chargeable(f *fields, name string) (decimal.Decimal, string) {
	v, ok := f.get(name)
	if f.err != nil {
		return decimal.Decimal{}, "occurs twice"
	}
	if !ok {
		return decimal.Decimal{}, "is missing"
	}
	d, err := v.decimal()
	if err != nil {
		return decimal.Decimal{}, "is not a number of at most 19 digits"
	}
	if d.IsNeg() {
		return d, "is negative"
	}
	return d, ""
}

func (d Detection) tree() tree {
	return tree{
		{"tradeProcessMode", modeNumber(d.Mode)},
		{"tradeProductModels", lineTrees(d.Lines)},
	}
}

func modeNumber(m Mode) any {
	switch m {
	case Normal:
		return 0
	case Cancelled:
		return 1
	case Interrupt:
		return 2
	}
	return nil
}

func lineTrees(lines []Line) []tree {
	out := make([]tree, 0, len(lines))
	for _, l := range lines {
		out = append(out, tree{
			{"id", l.ProductID},
			{"alisName", l.Name},
			{"buyCount", l.Count},
			{"meterType", int(l.MeterType)},
			{"price", l.Price},
			{"pictureUrl", nil},
		})
	}
	return out
}
