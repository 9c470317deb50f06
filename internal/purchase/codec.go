package purchase

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
)

// stateVersion and eventVersion go up when an older daemon could misread what
// this one writes.
const (
	stateVersion = 1
	eventVersion = 1
)

type storedState struct {
	V int `json:"v"`
	*State
}

type storedEvent struct {
	V     int             `json:"v"`
	Kind  Kind            `json:"k"`
	Order OrderID         `json:"o,omitempty"`
	Lane  string          `json:"l,omitempty"`
	Key   string          `json:"key,omitempty"`
	At    Stamp           `json:"at"`
	Body  json.RawMessage `json:"b,omitempty"`
}

// Encode gives the bytes of a state for the store.
func (s State) Encode() ([]byte, error) {
	b, err := json.Marshal(storedState{V: stateVersion, State: &s})
	if err != nil {
		return nil, fmt.Errorf("encode order %s: %w", s.Order, err)
	}
	return b, nil
}

// DecodeState reads what Encode wrote. An unknown version is an error: the
// caller quarantines the record.
func DecodeState(b []byte) (State, error) {
	var s State
	in := storedState{State: &s}
	if err := json.Unmarshal(b, &in); err != nil {
		return State{}, fmt.Errorf("decode order: %w", err)
	}
	if in.V != stateVersion {
		return State{}, fmt.Errorf("decode order: version %d, this edged knows %d", in.V, stateVersion)
	}
	if _, err := s.Order.Bits(); err != nil {
		return State{}, fmt.Errorf("decode order: %w", err)
	}
	for _, d := range s.Due {
		if d.Clock != OnMono && d.Clock != OnPowered && d.Clock != OnReach {
			return State{}, fmt.Errorf("decode order %s: unknown clock %q", s.Order, d.Clock)
		}
	}
	return s, nil
}

// EncodeEvent gives the bytes of an event for the journal.
func EncodeEvent(ev Event) ([]byte, error) {
	body, err := json.Marshal(ev.Body)
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", ev.Body.Kind(), err)
	}
	b, err := json.Marshal(storedEvent{
		V: eventVersion, Kind: ev.Body.Kind(), Order: ev.Order, Lane: ev.Lane, Key: ev.Key, At: ev.At, Body: body,
	})
	if err != nil {
		return nil, fmt.Errorf("encode event %s: %w", ev.Body.Kind(), err)
	}
	return b, nil
}

// DecodeEvent reads what EncodeEvent wrote.
func DecodeEvent(b []byte) (Event, error) {
	var in storedEvent
	if err := json.Unmarshal(b, &in); err != nil {
		return Event{}, fmt.Errorf("decode event: %w", err)
	}
	if in.V != eventVersion {
		return Event{}, fmt.Errorf("decode event: version %d, this edged knows %d", in.V, eventVersion)
	}
	body, err := decodeBody(in.Kind, in.Body)
	if err != nil {
		return Event{}, err
	}
	return Event{Order: in.Order, Lane: in.Lane, Key: in.Key, At: in.At, Body: body}, nil
}

func decodeBody(kind Kind, b []byte) (Body, error) {
	decode, ok := bodies()[kind]
	if !ok {
		return nil, fmt.Errorf("decode event: unknown kind %q", kind)
	}
	body, err := decode(b)
	if err != nil {
		return nil, fmt.Errorf("decode event %s: %w", kind, err)
	}
	return body, nil
}

// Kinds lists every kind of event, sorted.
func Kinds() []Kind { return slices.Sorted(maps.Keys(bodies())) }

func bodies() map[Kind]func([]byte) (Body, error) {
	return map[Kind]func([]byte) (Body, error){
		KindArm: into[Arm], KindCardSeen: into[CardSeen], KindHoldGranted: into[HoldGranted],
		KindCaptured: into[Captured], KindReleased: into[Released], KindReversed: into[Reversed],
		KindEnded: into[Ended], KindHoldFound: into[HoldFound], KindHoldAbsent: into[HoldAbsent],
		KindOpenAnswered: into[OpenAnswered], KindSign: into[Sign], KindDetected: into[Detected],
		KindAdjustment: into[Adjustment], KindRefund: into[Refund], KindReported: into[Reported],
		KindDue: into[Due], KindRestarted: into[Restarted], KindSettleNow: into[SettleNow],
		KindPerson: into[Person], KindAbandon: into[Abandon],
		KindAttached: into[Attached], KindDetached: into[Detached],
	}
}

func into[T Body](b []byte) (Body, error) {
	var v T
	err := json.Unmarshal(b, &v)
	return v, err
}
