package purchase_test

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
	"edged/internal/testutil/kept"
)

var writeStates = flag.String("write-states", "", "write the states that are missing below testdata/states/`VERSION`; never one that is there")

// keptOrder is an order as some edged has left it in the field: the bytes in
// testdata/states. It was once taken from a transcript; the file stays as it is
// whatever becomes of the transcript and of Step.
type keptOrder struct {
	name   string
	phase  purchase.Phase
	from   string        // transcript
	lines  int           // played of it
	passed time.Duration // since transcript.Start
}

// statesV1 has every phase, and in each what an order can be waiting for. A new
// situation is a new row; no row and no file is ever changed.
func statesV1() []keptOrder {
	return []keptOrder{
		{"armed", purchase.PhaseArmed, "paid", 1, 0},
		{"unclear_after_a_restart", purchase.PhaseUnclear, "restart_armed", 2, 0},
		{"opening_hold_not_acknowledged", purchase.PhaseOpening, "paid", 3, 0},
		{"opening_hold_in_doubt", purchase.PhaseOpening, "grant_in_doubt_acknowledged", 3, 0},
		{"opening_door_asked_for", purchase.PhaseOpening, "paid", 4, 0},
		{"opening_door_request_not_sent", purchase.PhaseOpening, "open_not_sent_then_sent", 4, 0},
		{"opening_door_request_repeated", purchase.PhaseOpening, "open_in_doubt_repeated", 5, 2 * time.Second},
		{"opening_door_accepted", purchase.PhaseOpening, "paid", 6, time.Second},
		{"opening_session", purchase.PhaseOpening, "session_paid", 5, 0},
		{"in_doubt", purchase.PhaseInDoubt, "open_in_doubt_twice", 5, 0},
		{"open", purchase.PhaseOpen, "paid", 8, time.Second},
		{"open_too_long", purchase.PhaseOpen, "door_not_closed", 7, 11 * time.Minute},
		{"open_and_the_hold_reversed", purchase.PhaseOpen, "hold_reversed_after_our_acknowledgement", 5, 0},
		{"detecting", purchase.PhaseDetecting, "paid", 10, 41 * time.Second},
		{"detecting_refund_waits", purchase.PhaseDetecting, "refund_before_the_end", 6, 0},
		{"detecting_session", purchase.PhaseDetecting, "session_paid", 6, 0},
		{"review_by_the_merchant", purchase.PhaseReview, "left_to_the_merchant", 6, 0},
		{"review_recognition_overdue", purchase.PhaseReview, "nobody_decides", 7, 2 * time.Minute},
		{"review_hold_is_kept", purchase.PhaseReview, "nobody_decides_keep", 7, 0},
		{"capturing", purchase.PhaseCapturing, "paid", 12, 46 * time.Second},
		{"capturing_result_not_acknowledged", purchase.PhaseCapturing, "paid", 13, 46 * time.Second},
		{"capturing_total_above_the_hold", purchase.PhaseCapturing, "paid_short", 6, 0},
		{"capturing_in_doubt", purchase.PhaseCapturing, "capture_in_doubt_was_done", 7, 0},
		{"capturing_in_doubt_after_a_restart", purchase.PhaseCapturing, "restart_while_capturing", 6, 0},
		{"capturing_host_offline", purchase.PhaseCapturing, "capture_host_offline", 6, 0},
		{"capturing_terminal_cannot_be_asked", purchase.PhaseCapturing, "terminal_cannot_be_asked", 8, 0},
		{"capturing_two_decisions", purchase.PhaseCapturing, "second_decision_differs", 7, 0},
		{"capturing_session", purchase.PhaseCapturing, "session_asked_then_restart", 6, 0},
		{"releasing", purchase.PhaseReleasing, "nothing_taken_total_zero", 5, 0},
		{"releasing_result_not_acknowledged", purchase.PhaseReleasing, "nothing_taken_total_zero", 6, 0},
		{"releasing_hold_in_doubt", purchase.PhaseReleasing, "grant_in_doubt_not_acknowledged", 3, 0},
		{"releasing_in_doubt", purchase.PhaseReleasing, "release_in_doubt", 6, 0},
		{"releasing_refused", purchase.PhaseReleasing, "release_refused", 8, 0},
		{"releasing_capture_was_undone", purchase.PhaseReleasing, "capture_in_doubt_then_released_in_doubt", 11, 0},
		{"releasing_terminal_took_more", purchase.PhaseReleasing, "captured_more_than_asked_and_kept", 6, 0},
		{"reporting_paid", purchase.PhaseReporting, "paid", 14, 46 * time.Second},
		{"reporting_paid_short", purchase.PhaseReporting, "paid_short", 8, 0},
		{"reporting_unpaid", purchase.PhaseReporting, "hold_reversed_after_our_acknowledgement", 7, 0},
		{"reporting_unconfirmed", purchase.PhaseReporting, "terminal_cannot_be_asked", 10, time.Second},
		{"reporting_waits_for_the_order_number", purchase.PhaseReporting, "order_number_comes_late", 7, 0},
		{"reporting_dead_report", purchase.PhaseReporting, "report_refused", 8, 0},
		{"reporting_adjustment", purchase.PhaseReporting, "adjustment_of_a_paid_order", 9, 0},
		{"reporting_decided_too_late", purchase.PhaseReporting, "nobody_decides", 14, 38*time.Hour + 2*time.Minute},
		{"refunding_by_a_person", purchase.PhaseRefunding, "refund_by_a_person", 9, 0},
		{"refunding_by_reversal", purchase.PhaseRefunding, "refund_by_reversal", 10, 0},
		{"refunding_reversal_in_doubt", purchase.PhaseRefunding, "refund_reversal_in_doubt", 11, 0},
		{"closed_paid", purchase.PhaseClosed, "paid", 15, 46 * time.Second},
		{"closed_declined", purchase.PhaseClosed, "declined", 3, 0},
		{"closed_cancelled", purchase.PhaseClosed, "release_in_doubt", 7, 0},
		{"closed_expired", purchase.PhaseClosed, "hold_expires_in_doubt", 7, time.Hour},
		{"closed_refunded", purchase.PhaseClosed, "refund_by_reversal", 13, 0},
	}
}

func statesDir() kept.Dir {
	d := kept.Dir{Path: "testdata/states/v1"}
	for _, o := range statesV1() {
		d.Names = append(d.Names, o.name)
	}
	return d
}

// clock is the time at which the state was stored.
func (k keptOrder) clock() transcript.Clock {
	c := transcript.Start()
	c.Pass(k.passed, false)
	return c
}

// TestKeptStatesAreThoseOnceWritten: a stored state is what is in the field, so its
// file is never edited, renamed or removed.
func TestKeptStatesAreThoseOnceWritten(t *testing.T) {
	d := statesDir()
	switch *writeStates {
	case "":
	case "v1":
		d.Write(t, func(name string) []byte {
			at := slices.Index(d.Names, name)
			return []byte(stored(statesV1()[at].take(t)))
		})
	default:
		t.Fatalf("there is no table of states for %q", *writeStates)
	}
	d.Check(t)
}

// take plays the transcript up to the state.
func (k keptOrder) take(t *testing.T) purchase.State {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", k.from+".txt"))
	if err != nil {
		t.Fatal(err)
	}
	script, err := transcript.Parse(k.from, string(text))
	if err != nil {
		t.Fatal(err)
	}
	script.Lines = script.Lines[:k.lines]
	var passed time.Duration
	for _, l := range script.Lines {
		if l.Wait != nil {
			passed += l.Wait.For
		}
	}
	var s purchase.State
	if _, err := script.Play(func(_ purchase.State, _ purchase.Event, after purchase.State, _ []purchase.Effect) { s = after }); err != nil {
		t.Fatal(err)
	}
	if s.Phase() != k.phase || passed != k.passed {
		t.Fatalf("%s after %d lines is %s at +%v, the table says %s at +%v", k.from, k.lines, s.Phase(), passed, k.phase, k.passed)
	}
	return s
}

// TestKeptStatesLoseNoFact: today's codec reads every stored state in its phase, and
// writes every fact of it again. A field that is renamed, or decoded as another
// type, would be forgotten by all gateways in the field at their next update.
func TestKeptStatesLoseNoFact(t *testing.T) {
	for _, o := range statesV1() {
		b, s := o.load(t)
		if got := s.Phase(); got != o.phase {
			t.Errorf("%s is read as %s, stored as %s", o.name, got, o.phase)
		}
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
		lost, err := kept.Lost(b, []byte(stored(s)))
		if err != nil {
			t.Fatal(err)
		}
		for _, what := range lost {
			t.Errorf("%s: %s", o.name, what)
		}
	}
}

func (k keptOrder) load(t *testing.T) ([]byte, purchase.State) {
	t.Helper()
	b := statesDir().Read(t, k.name)
	s, err := purchase.DecodeState(b)
	if err != nil {
		t.Fatalf("%s: %v", k.name, err)
	}
	return b, s
}
