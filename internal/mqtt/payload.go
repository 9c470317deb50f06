package mqtt

import (
	"encoding/json"
	"fmt"
	"time"

	"edged/internal/clock"
	"edged/internal/mqtt/spool"
)

// payloadVersion is the v of every payload. Keys may be added to a version; none
// changes its meaning or goes away.
const payloadVersion = 1

// maxText bounds free text in a payload, in bytes.
const maxText = 512

// State is how the gateway is doing as a whole.
type State string

// The states. Offline is what the last will and a clean end say.
const (
	Online   State = "online"   // at least one lane sells
	Degraded State = "degraded" // it runs, and no lane sells
	Offline  State = "offline"
)

// status is the payload of …/status (api/mqtt/status.schema.json).
type status struct {
	V       int    `json:"v"`
	State   State  `json:"state"`
	Site    string `json:"site"`
	BootID  string `json:"boot_id"`
	Session string `json:"session"`
	Version string `json:"version"`
	Reason  string `json:"reason,omitempty"` // of offline: stopped or lost
}

// stamp is when something happened, by the clocks of the gateway.
type stamp struct {
	BootID      string `json:"boot_id"`
	TS          string `json:"ts"` // RFC 3339, UTC, milliseconds
	ClockSynced bool   `json:"clock_synced"`
}

func stampOf(r clock.Reading) stamp {
	return stamp{r.Boot, r.Wall.UTC().Format("2006-01-02T15:04:05.000Z"), r.Synced}
}

// Event is something that happened: exactly one of its parts is set.
type Event struct {
	Order *OrderEvent `json:"order,omitempty"`
	Alarm *AlarmEvent `json:"alarm,omitempty"`
}

// OrderEvent is a step of a purchase. Amounts are minor units of the currency.
type OrderEvent struct {
	OrderID   string `json:"order_id"`
	Lane      string `json:"lane"`
	MachineID string `json:"machine_id"`
	Door      int    `json:"door"`
	Phase     string `json:"phase"`
	Outcome   string `json:"outcome,omitempty"`
	Currency  string `json:"currency,omitempty"`
	Held      int64  `json:"held_minor,omitempty"`
	Total     int64  `json:"total_minor,omitempty"`
	Captured  int64  `json:"captured_minor,omitempty"`
}

// AlarmEvent is something the operator must know now.
type AlarmEvent struct {
	Kind    string `json:"kind"`
	Code    string `json:"code,omitempty"` // of docs/errors.md
	Lane    string `json:"lane,omitempty"`
	OrderID string `json:"order_id,omitempty"`
	Text    string `json:"text,omitempty"` // at most 512 bytes
}

// Telemetry is how the gateway is doing, again and again.
type Telemetry struct {
	UptimeSeconds int64           `json:"uptime_seconds"` // of the machine
	Lanes         []LaneTelemetry `json:"lanes"`
	Reports       int64           `json:"reports"` // payment reports that wait
	DeadLetters   int64           `json:"dead_letters"`
	Tasks         int64           `json:"tasks"`
	Events        int64           `json:"events"` // on flash for the broker
	DiskFreeBytes int64           `json:"disk_free_bytes,omitempty"`
}

// LaneTelemetry is one lane of a Telemetry.
type LaneTelemetry struct {
	Lane    string   `json:"lane"`
	Selling bool     `json:"selling"`
	Reasons []string `json:"reasons,omitempty"` // against selling
	Holds   int      `json:"holds"`             // open on the terminal
}

// Machine is what the SaaS says of a cabinet. What it did not say is nil.
type Machine struct {
	MachineID string   `json:"machine_id"`
	Signal    *int     `json:"signal,omitempty"` // 0 to 5
	Celsius   *float64 `json:"temperature_celsius,omitempty"`
	Locked    *bool    `json:"locked,omitempty"`
}

// eventBody is an event as the spool keeps it: what is known only when it is sent is
// put in front by numbered.
func eventBody(s stamp, e Event) ([]byte, error) {
	if e.Alarm != nil {
		a := *e.Alarm
		a.Text = cut(a.Text)
		e.Alarm = &a
	}
	return json.Marshal(struct {
		stamp
		Event
	}{s, e})
}

func telemetryBody(s stamp, t Telemetry) ([]byte, error) {
	if t.Lanes == nil {
		t.Lanes = []LaneTelemetry{}
	}
	return json.Marshal(struct {
		stamp
		Telemetry
	}{s, t})
}

func machineBody(s stamp, m Machine) ([]byte, error) {
	return json.Marshal(struct {
		V int `json:"v"`
		stamp
		Machine
	}{payloadVersion, s, m})
}

// numbered is the payload of an item of the spool. An entry is historical when it was
// made before the connection that carries it.
func numbered(stream string, it spool.Item, connected time.Time) []byte {
	if it.Seq == 0 {
		return fmt.Appendf(nil, `{"v":%d,"stream":%q,"gap":[%d,%d]}`, payloadVersion, stream, it.From, it.To)
	}
	historical := it.Made.Before(connected)
	head := fmt.Appendf(nil, `{"v":%d,"stream":%q,"seq":%d,"historical":%t,`, payloadVersion, stream, it.Seq, historical)
	return append(head, it.Body[1:]...)
}

// cut shortens a text to what a payload may hold, at a character.
func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	end := maxText
	for end > 0 && s[end]&0xC0 == 0x80 {
		end--
	}
	return s[:end]
}
