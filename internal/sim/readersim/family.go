package readersim

import (
	"cmp"
	"fmt"
	"slices"
)

// family is what one family of terminals does, with the section it is known from.
type family struct {
	name, source string
	is           Options
}

// families are those that §15 and its sources tell of. The driver has a table of its
// own: the two are read from the same pages and share nothing.
func families() []family {
	return []family{
		{
			name: "feig", source: "§15.1, §15.2, §17: EVerest with the cVEND",
			is: Options{Capture: PartialReversal, MaxHolds: 1, EndOfDay: RefuseOpen, Answer: AnswerZero, PrintFirst: true, NotReady: true},
		},
		{
			name: "card-complete", source: "§9.1, §9.10, §10, §15.2, §15.7: CC v22",
			is: Options{
				Capture: BookTotal, EndOfDay: ChargeFull, Answer: AnswerReversed, KeepRegistration: true, NoReceipts: true,
				OneByOne: true, DayCode: 0xE0,
			},
		},
		{
			name: "verifone", source: "§15.2, §18: VF",
			is: Options{Capture: PartialReversal, EndOfDay: StrandOpen, Extends: true},
		},
		{
			name: "ccv", source: "§15.2: CV, CX",
			is: Options{Capture: PartialReversal, EndOfDay: RefuseOpen, OneByOne: true, Extends: true},
		},
	}
}

// Families are the names that Options.Family takes, beside "".
func Families() []string {
	var names []string
	for _, f := range families() {
		names = append(names, f.name)
	}
	return names
}

// asFamily fills in what o leaves open.
func (o Options) asFamily() (Options, error) {
	if o.Family == "" {
		return o, nil
	}
	i := slices.IndexFunc(families(), func(f family) bool { return f.name == o.Family })
	if i < 0 {
		return o, fmt.Errorf("family: got %q, want one of %q", o.Family, Families())
	}
	f := families()[i].is
	o.Capture, o.EndOfDay, o.Answer = cmp.Or(o.Capture, f.Capture), cmp.Or(o.EndOfDay, f.EndOfDay), cmp.Or(o.Answer, f.Answer)
	o.MaxHolds, o.DayCode = cmp.Or(o.MaxHolds, f.MaxHolds), cmp.Or(o.DayCode, f.DayCode)
	o.KeepRegistration = o.KeepRegistration || f.KeepRegistration
	o.PrintFirst, o.NoReceipts = o.PrintFirst || f.PrintFirst, o.NoReceipts || f.NoReceipts
	o.OneByOne, o.Extends, o.NotReady = o.OneByOne || f.OneByOne, o.Extends || f.Extends, o.NotReady || f.NotReady
	return o, nil
}
