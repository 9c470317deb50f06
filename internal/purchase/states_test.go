package purchase_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/internal/purchase"
	"edged/internal/purchase/transcript"
)

var writeStates = flag.String("write-states", "", "write the states that are missing below testdata/states/`VERSION`; never one that is there")

// kept is an order as some edged has left it in the field: the bytes in
// testdata/states. It was once taken from a transcript; the file stays as it is
// whatever becomes of the transcript and of Step.
type kept struct {
	name   string
	phase  purchase.Phase
	from   string        // transcript
	lines  int           // played of it
	passed time.Duration // since transcript.Start
}

// statesV1 has every phase, and in each what an order can be waiting for. A new
// situation is a new row; no row and no file is ever changed.
func statesV1() []kept {
	return []kept{
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

const (
	statesDir = "testdata/states"
	sumsFile  = "SHA256SUMS" // as sha256sum writes and checks it
)

func (k kept) file(version string) string {
	return filepath.Join(statesDir, version, k.name+".json")
}

// clock is the time at which the state was stored.
func (k kept) clock() transcript.Clock {
	c := transcript.Start()
	c.Pass(k.passed, false)
	return c
}

// TestKeptStatesAreThoseOnceWritten: a stored state is what is in the field, so its
// file is never edited, renamed or removed; the sums hold them.
func TestKeptStatesAreThoseOnceWritten(t *testing.T) {
	if *writeStates != "" {
		writeKept(t, *writeStates)
	}
	sums, err := os.ReadFile(filepath.Join(statesDir, "v1", sumsFile))
	if err != nil {
		t.Fatal(err)
	}
	var want strings.Builder
	for _, k := range statesV1() {
		b, err := os.ReadFile(k.file("v1"))
		if err != nil {
			t.Fatalf("%v: write it with -write-states v1", err)
		}
		fmt.Fprintf(&want, "%x  %s.json\n", sha256.Sum256(b), k.name)
	}
	if string(sums) != want.String() {
		t.Errorf("a stored state was changed, or one is new; run with -write-states v1 only for a new one\n%s", firstDifference(want.String(), string(sums)))
	}
	files, err := filepath.Glob(filepath.Join(statesDir, "v1", "*.json"))
	if err != nil || len(files) != len(statesV1()) {
		t.Errorf("%d files, %d rows in the table (%v)", len(files), len(statesV1()), err)
	}
}

// writeKept writes the states that have no file, and their sums below the others.
func writeKept(t *testing.T, version string) {
	t.Helper()
	if version != "v1" {
		t.Fatalf("there is no table of states for %q", version)
	}
	sums, err := os.OpenFile(filepath.Join(statesDir, version, sumsFile), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatal(err)
	}
	defer sums.Close()
	for _, k := range statesV1() {
		if _, err := os.Stat(k.file(version)); !errors.Is(err, fs.ErrNotExist) {
			continue
		}
		b := []byte(stored(k.take(t)))
		f, err := os.OpenFile(k.file(version), os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644)
		if err != nil {
			t.Fatal(err)
		}
		_, err = f.Write(b)
		if err = errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(sums, "%x  %s.json\n", sha256.Sum256(b), k.name); err != nil {
			t.Fatal(err)
		}
		t.Logf("written: %s", k.name)
	}
}

// take plays the transcript up to the state.
func (k kept) take(t *testing.T) purchase.State {
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
	for _, k := range statesV1() {
		b, s := k.load(t)
		if got := s.Phase(); got != k.phase {
			t.Errorf("%s is read as %s, stored as %s", k.name, got, k.phase)
		}
		if err := s.Check(); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		var was, is map[string]any
		if err := errors.Join(exactly(b, &was), exactly([]byte(stored(s)), &is)); err != nil {
			t.Fatal(err)
		}
		delete(was, "v")
		for _, lost := range missing("", was, is) {
			t.Errorf("%s: %s is lost", k.name, lost)
		}
	}
}

func (k kept) load(t *testing.T) ([]byte, purchase.State) {
	t.Helper()
	b, err := os.ReadFile(k.file("v1"))
	if err != nil {
		t.Fatal(err)
	}
	s, err := purchase.DecodeState(b)
	if err != nil {
		t.Fatalf("%s: %v", k.name, err)
	}
	return b, s
}

// exactly reads JSON with numbers as they are written.
func exactly(b []byte, v any) error {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	return d.Decode(v)
}

// missing names what is in was and not, or not the same, in is.
func missing(at string, was, is any) (lost []string) {
	switch was := was.(type) {
	case map[string]any:
		is, _ := is.(map[string]any)
		for name, v := range was {
			lost = append(lost, missing(at+"."+name, v, is[name])...)
		}
	case []any:
		is, _ := is.([]any)
		for i, v := range was {
			if i >= len(is) {
				return append(lost, fmt.Sprintf("%s[%d]", at, i))
			}
			lost = append(lost, missing(fmt.Sprintf("%s[%d]", at, i), v, is[i])...)
		}
	default:
		if was != is {
			lost = append(lost, fmt.Sprintf("%s: %v is now %v", at, was, is))
		}
	}
	slices.Sort(lost)
	return lost
}
