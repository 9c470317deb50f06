package errcode

import "strings"

// Entry is what a person needs to know of one code.
type Entry struct {
	Code       Code   `json:"code"`
	Display    string `json:"display,omitempty"` // what a display shows for it; "" if it never does
	Title      string `json:"title"`
	Cause      string `json:"cause"`
	Customer   string `json:"customer"`   // what the customer sees
	Technician string `json:"technician"` // what the technician does
	Since      string `json:"since"`      // the first version that has it
}

// Area is a part of the catalogue.
type Area struct {
	Name    string // the middle of its codes
	Title   string
	Entries []Entry
}

// Areas is the whole catalogue, in the order in which it is printed.
func Areas() []Area {
	return []Area{
		{"LANE", "Lanes: why one does not sell", lanes()},
		{"ZVT", "Card terminals", terminals()},
		{"PORT", "Serial ports and connections to devices", ports()},
		{"DISP", "Displays", displays()},
		{"SAAS", "The SaaS", saas()},
		{"CB", "Callbacks of the SaaS", callbacks()},
		{"PAY", "Purchases and their money", payments()},
		{"STORE", "The store", stores()},
		{"CFG", "The configuration", configuration()},
		{"CLOCK", "The clock", clocks()},
		{"MQTT", "The fleet broker", brokers()},
		{"PUSH", "Pushing metrics", pushing()},
		{"RUN", "The process and its socket", process()},
	}
}

// All is every entry, in the order of the areas.
func All() []Entry {
	var out []Entry
	for _, a := range Areas() {
		out = append(out, a.Entries...)
	}
	return out
}

// Find looks an entry up by its code, with or without EDG-, or by what a display
// shows, in any case of letters.
func Find(name string) (Entry, bool) {
	name = strings.ToUpper(strings.TrimSpace(name))
	for _, e := range All() {
		switch name {
		case "":
		case string(e.Code), strings.TrimPrefix(string(e.Code), prefix), e.Display:
			return e, true
		}
	}
	return Entry{}, false
}

// first is the version that brought the catalogue.
const first = "v1.0"

// What many entries say of the customer.
const (
	outOfService = "The display says \"Out of service\" with the code. No card is taken."
	nothing      = "Nothing: selling goes on."
	nothingYet   = "Nothing: edged does not run yet, the display stays as it was."
)
