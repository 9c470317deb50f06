package demo

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
)

// killer ends the daemon at named points of the wire. The simulators call Point
// at each of them and wait for its return, so the daemon is dead before anything
// more happens: a kill at "terminal: taken 04 0f" falls between the daemon's
// receipt of a result and its acknowledgement of it, in which lies its commit.
type killer struct {
	kill    func() bool // ends the daemon; false: it was not running
	restart func()

	killing sync.Mutex // held while a kill is decided and done

	mu     sync.Mutex
	rng    *rand.Rand
	budget int            // kills left for this purchase
	eager  bool           // a point that was not hit yet may take the spare kill, in the end surely
	hits   map[string]int // kills by point
	passed map[string]int // how often a point was passed
}

// killPoint is one named point and what lies there.
type killPoint struct{ name, means string }

// killPoints are the points that every long run must have hit.
func killPoints() []killPoint {
	return []killPoint{
		{"terminal: acked 06 22", "the terminal waits for a card; the order is armed"},
		{"terminal: tx 04 0f hold", "before the approval is sent"},
		{"terminal: sent 04 0f hold", "the approval is on the wire, before its commit"},
		{"terminal: taken 04 0f hold", "the approval has arrived, around its commit"},
		{"terminal: answered 04 0f hold", "after its commit and acknowledgement, before OpenDoor"},
		{"terminal: sent 06 0f hold", "before the end of the dialogue is committed"},
		{"saas: OpenDoor received", "OpenDoor has arrived and nothing is done"},
		{"saas: OpenDoor before answer", "the door opens, the answer is not sent"},
		{"saas: OpenDoor after answer", "around the commit of the answer"},
		{"saas: callback OpenedDoor posting", "before the callback arrives"},
		{"saas: callback OpenedDoor posted", "after its commit"},
		{"saas: callback CloseDoor posting", "before the callback arrives"},
		{"saas: callback CloseDoor posted", "after its commit"},
		{"saas: callback OrderDetected posting", "before the decision arrives"},
		{"saas: callback OrderDetected posted", "after the decision's commit, around the capture's start"},
		{"terminal: rx 06 23", "the capture has arrived and nothing is done"},
		{"terminal: sent 04 0f capture", "the capture's result is on the wire, before its commit"},
		{"terminal: taken 04 0f capture", "the result has arrived, around its commit"},
		{"terminal: answered 04 0f capture", "after its commit and acknowledgement"},
		{"terminal: sent 06 0f capture", "before the outcome and the report are committed"},
		{"terminal: answered 06 0f capture", "after the outcome's commit"},
		{"terminal: rx 06 25", "the release has arrived and nothing is done"},
		{"terminal: sent 04 0f release", "the release's result is on the wire, before its commit"},
		{"terminal: answered 04 0f release", "after its commit and acknowledgement"},
		{"saas: ReportPaymentResult received", "the report has arrived and nothing is done"},
		{"saas: ReportPaymentResult before answer", "the report is taken, the answer is not sent"},
		{"saas: ReportPaymentResult after answer", "around the commit of the acknowledgement"},
	}
}

// perPurchase bounds the kills of one purchase, so that each also gets on; spare is
// one more for a point that was not hit yet.
const (
	perPurchase = 2
	spare       = 1
)

func newKiller(seed uint64, kill func() bool, restart func()) *killer {
	return &killer{
		kill: kill, restart: restart, rng: rand.New(rand.NewPCG(seed, 0x6b696c6c)), eager: true,
		hits: map[string]int{}, passed: map[string]int{},
	}
}

// Begin gives a new purchase its kills.
func (k *killer) Begin() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.budget = perPurchase
}

// End takes what is left: the daemon settles undisturbed. It returns when no kill
// is under way.
func (k *killer) End() {
	k.killing.Lock()
	defer k.killing.Unlock()
	k.mu.Lock()
	defer k.mu.Unlock()
	k.budget = -spare
}

// Point may end the daemon here. It returns when the daemon is gone.
func (k *killer) Point(name string) {
	k.killing.Lock()
	defer k.killing.Unlock()
	if !k.wants(name) || !k.kill() {
		return
	}
	k.mu.Lock()
	k.hits[name]++
	k.budget--
	k.mu.Unlock()
	k.restart()
}

// wants: a point that was not hit yet is taken more often than one that was, and
// surely when it is passed for the third time.
func (k *killer) wants(name string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.passed[name]++
	odds, budget := 0.03, k.budget
	if k.hits[name] == 0 {
		odds = 0.6
		if k.eager {
			budget += spare
		}
		if k.eager && k.passed[name] >= 3 {
			odds = 1
		}
	}
	if budget <= 0 || !isKillPoint(name) {
		return false
	}
	return k.rng.Float64() < odds
}

func isKillPoint(name string) bool {
	return slices.ContainsFunc(killPoints(), func(p killPoint) bool { return p.name == name })
}

// Missed lists the points that were passed and never hit, and those never passed.
func (k *killer) Missed() (out []string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, p := range killPoints() {
		if k.hits[p.name] == 0 {
			out = append(out, fmt.Sprintf("%s (passed %d times)", p.name, k.passed[p.name]))
		}
	}
	return out
}

// Table writes how often each point was hit.
func (k *killer) Table(w io.Writer) {
	k.mu.Lock()
	defer k.mu.Unlock()
	width := 0
	for _, p := range killPoints() {
		width = max(width, len(p.name))
	}
	fmt.Fprintf(w, "%-*s  kills  passed  what lies there\n", width, "killed at")
	for _, p := range killPoints() {
		fmt.Fprintf(w, "%-*s  %5d  %6d  %s\n", width, p.name, k.hits[p.name], k.passed[p.name], p.means)
	}
}

// Total counts the kills.
func (k *killer) Total() (n int) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for _, h := range k.hits {
		n += h
	}
	return n
}

// terminalPoint names a point of the terminal simulator after the dialogue it is
// in: a Status Information (04 0f) and a completion (06 0f) look alike in all.
type terminalPoint struct {
	mu       sync.Mutex
	dialogue string
}

// Name gives the killer's name of a point, and follows the dialogues.
func (t *terminalPoint) Name(point string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch point {
	case "rx 06 22":
		t.dialogue = "hold"
	case "rx 06 23", "rx 06 24":
		t.dialogue = "capture"
	case "rx 06 25":
		t.dialogue = "release"
	default:
		if strings.HasPrefix(point, "rx 0") && point != "rx 06 b0" {
			t.dialogue = "other"
		}
	}
	if strings.HasSuffix(point, " 04 0f") || strings.HasSuffix(point, " 06 0f") {
		point += " " + t.dialogue
	}
	return "terminal: " + point
}
