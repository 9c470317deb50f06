package zvtterm

import (
	"fmt"
	"slices"
	"time"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// Profile is what a family of terminals does otherwise than the protocol's documents
// say, as far as a driver has to know it. What all of them can be served with alike
// (fields left out, order of prints and results, lists or single receipts, another
// amount in the answer to a capture) has no place here.
type Profile struct {
	Name string
	// Source is where it is known from, in the protocol notes.
	Source string
	// Config is the config byte of the registration.
	Config zvt.Config
	// MaxHolds is the most open holds it keeps, whatever the configuration says; zero:
	// as configured.
	MaxHolds int
	// DayTakesHolds: no hold is what it was after an end of day, so none may be open
	// then, whatever the configuration says.
	DayTakesHolds bool
	// DayDone are result codes that do not mean that an end of day failed.
	DayDone []zvt.ResultCode
	// BareRelease: 06 25 has the receipt number and nothing else.
	BareRelease bool
	// Upkeep is what it needs when its status asks for a diagnosis or an initialisation,
	// in this order; nil: the one that it asks for.
	Upkeep []Upkeep
	// StatusEvery is the time between status enquiries while it is idle; zero: as
	// Options say.
	StatusEvery time.Duration
}

// Upkeep is one step of keeping a terminal usable.
type Upkeep string

// The steps.
const (
	UpkeepDiagnosis    Upkeep = "diagnosis"     // 06 70, the extended one
	UpkeepEMVDiagnosis Upkeep = "emv_diagnosis" // 06 70 with tag 1B = 04
	UpkeepInitialise   Upkeep = "initialise"    // 06 93
)

// Generic is the name of the profile of a terminal of which nothing else is known.
const Generic = "generic"

// Profiles are all there are.
func Profiles() []Profile {
	return []Profile{
		{
			Name: Generic, Source: "section 9.1, registration with print blocks",
			Config: zvt.ConfigKioskWithPrints,
		},
		{
			Name: "feig", Source: "sections 9.1, 12 (A0), 13 and 15 (1, 2): EVerest with the cVEND",
			Config: feigConfig, MaxHolds: 1, DayTakesHolds: true, DayDone: []zvt.ResultCode{zvt.ResultNotReady},
			Upkeep: []Upkeep{UpkeepEMVDiagnosis, UpkeepInitialise},
		},
		{
			Name: "card-complete", Source: "sections 9.7 and 15 (2, 7): CC v22; nothing is printed at a capture, an end of day takes the whole of each hold",
			Config: zvt.ConfigKiosk, DayTakesHolds: true, BareRelease: true,
		},
		{
			Name: "verifone", Source: "section 15 (2): VF; no hold can be given back after an end of day",
			Config: zvt.ConfigKioskWithPrints, DayTakesHolds: true,
		},
		{
			Name: "ccv", Source: "sections 9.12 and 15 (2): CV; a status enquiry every 3 s, no end of day with a hold open",
			Config: zvt.ConfigKioskWithPrints, DayTakesHolds: true, StatusEvery: 3 * time.Second,
		},
	}
}

// feigConfig is DE: section 9.1, what EVerest uses with the cVEND. It leaves
// administration at the terminal possible and sets a reserved bit.
const feigConfig zvt.Config = 0xDE

// profileOf finds a profile by its name; "" is Generic.
func profileOf(name string) (Profile, error) {
	if name == "" {
		name = Generic
	}
	var names []string
	for _, p := range Profiles() {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("%w: profile is %q, want one of %q", ErrOptions, name, names)
}

// dayDone says whether an end of day that ended with a code is done all the same.
func (p Profile) dayDone(code zvt.ResultCode) bool { return slices.Contains(p.DayDone, code) }

// upkeep lists the commands that a status asks for (sections 9.11, 13).
func (p Profile) upkeep(want zvt.Remedy, pw zvt.Password) []zvt.Message {
	steps := p.Upkeep
	switch {
	case steps != nil:
	case want == zvt.RemedyInitialisation:
		steps = []Upkeep{UpkeepInitialise}
	default:
		steps = []Upkeep{UpkeepDiagnosis}
	}
	var all []zvt.Message
	for _, step := range steps {
		switch step {
		case UpkeepDiagnosis:
			all = append(all, zvt.Diagnosis{})
		case UpkeepEMVDiagnosis:
			all = append(all, zvt.DiagnosisOf(zvt.DiagnosisEMV))
		case UpkeepInitialise:
			all = append(all, zvt.Initialisation{Password: pw})
		}
	}
	return all
}

// caps are what the terminal allows by its profile and our options.
func (p Profile) caps(o Options) purchase.TerminalCaps {
	holds := o.MaxHolds
	if p.MaxHolds > 0 {
		holds = min(holds, p.MaxHolds)
	}
	return purchase.TerminalCaps{
		MaxHolds: holds, CaptureBelowHold: true, NeedsEndOfDay: true,
		HoldsOverEndOfDay: o.HoldsOverEndOfDay, ReverseByReceipt: o.ReverseByReceipt,
	}
}
