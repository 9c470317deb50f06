package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	quick        = "timing: {boot: 1ms, host: 10ms, ask: 10ms, t2: 300ms, t3: 2s}"
	registration = "06 00 0a 00 00 00 3e 09 78 03 01 06 00" // §9.1
	enquiry      = "06 23 03 87 ff ff"                      // §9.5
	nothingOpen  = "06 1e 04 b8 87 ff ff"
	hold50       = "06 22 0e 04 00 00 00 00 50 00 49 09 78 19 40 06 00" // §9.4
)

// scripted writes a script.
func scripted(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "script.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// held makes a reservation of 50.00 and gives its receipt and its trace number.
func (r *register) held() (receipt, trace string) {
	r.t.Helper()
	said := r.dialogue(hold50)
	info := bitmaps(r.t, only(r.t, said, "04 0f "))
	if info[0x27] != "00" || info[0x04] != "000000005000" || info[0x49] != "0978" || info[0x29] != "52500001" {
		r.t.Fatalf("a reservation of 50.00 EUR has the result %v", info)
	}
	if last := said[len(said)-1]; last != "06 0f 00" {
		r.t.Fatalf("a reservation ends with %s, want 06 0f 00", last)
	}
	return info[0x87], info[0x0B]
}

// ended resolves a hold; the result must have another receipt, and the amount.
func (r *register) ended(command, receipt, amount string) (its string) {
	r.t.Helper()
	said := r.dialogue(command)
	info := bitmaps(r.t, only(r.t, said, "04 0f "))
	if info[0x27] != "00" || info[0x04] != amount || info[0x87] == receipt {
		r.t.Errorf("%s has the result %v, want the amount %s and a receipt of its own", command, info, amount)
	}
	if last := said[len(said)-1]; last != "06 0f 00" {
		r.t.Errorf("%s ends with %s, want 06 0f 00", command, last)
	}
	return info[0x87]
}

// pairs spaces hexadecimal digits.
func pairs(digits string) string { return hexPairs(unspaced(digits)) }

// A day of somebody else's cash register on TCP, from its registration to the end of day.
func TestAForeignCashRegisterTradesOverTCP(t *testing.T) {
	t.Parallel()
	ledger := filepath.Join(t.TempDir(), "ledger")
	out := started(t, "sim", "terminal", "--listen", "127.0.0.1:0", "--ledger", ledger, "--script", scripted(t, `
terminal: {capture: both, first_receipt: 9998, `+quick+`}
cards:
  - {}
  - {name: Mastercard, type: 0x06, masked: "559883******8074"}
  - {}
  - {grant_minor: 1000}
  - {decline: 0x05}
only_these: true
`))
	r := dialled(t, after(out.awaitText(t, "\n"), "the terminal answers at "), registration)

	if said := r.dialogue("05 01 05 00 00 00 03 02"); said[len(said)-1] != "06 0f 01 00" { // §9.12, without the version
		t.Errorf("the status is %q, want 00: ready", said)
	}
	if said := r.dialogue(enquiry); said[1] != nothingOpen {
		t.Errorf("before the first reservation the enquiry says %q", said)
	}

	first, _ := r.held()
	if first != "9998" {
		t.Errorf("the first receipt is %s, want 9998", first)
	}
	if said := r.dialogue(enquiry); said[1] != "06 1e 04 b8 87 99 98" {
		t.Errorf("with one reservation open the enquiry says %q", said)
	}
	if said := r.dialogue("06 50 03 00 00 00"); said[1] != "06 1e 04 b8 87 99 98" { // §15.2
		t.Errorf("with one reservation open the end of day says %q", said)
	}
	if said := r.dialogue(hold50); said[1] != "06 1e 01 b8" { // §15.1: one at a time
		t.Errorf("a second reservation is told %q", said)
	}
	if said := r.dialogue("06 24 0d 87 99 98 04 00 00 00 00 50 01 49 09 78"); said[len(said)-1] != "06 1e 01 b7" { // §12
		t.Errorf("more than was reserved is told %q", said)
	}
	captured := r.ended("06 23 0d 87 99 98 04 00 00 00 00 32 65 49 09 78", first, "000000001735") // §9.5: 32.65 go back
	if captured != "9999" {
		t.Errorf("the capture has the receipt %s, want 9999", captured)
	}
	if said := r.dialogue("06 23 0d 87 99 98 04 00 00 00 00 32 65 49 09 78"); said[len(said)-1] != "06 1e 01 b8" { // §11.3
		t.Errorf("the same capture again is told %q", said)
	}
	again := r.dialogue("06 20 05 00 00 00 03 03") // §9.13
	if info := bitmaps(t, only(t, again, "04 0f ")); info[0x87] != captured || info[0x04] != "000000001735" {
		t.Errorf("the last receipt repeated is %v, want %s and 17.35", info, captured)
	}

	second, trace := r.held()
	if second != "0001" { // the numbers have run out (§16)
		t.Errorf("after 9999 comes the receipt %s, want 0001", second)
	}
	r.ended("06 24 11 87 00 01 04 00 00 00 00 04 20 49 09 78 0b "+pairs(trace), second, "000000000420") // §9.6: 4.20 are taken

	third, _ := r.held()
	if said := r.dialogue("06 25 06 87 09 99 49 09 78"); said[len(said)-1] != "06 1e 01 b8" {
		t.Errorf("the release of what nobody reserved is told %q", said)
	}
	r.ended("06 25 06 87 "+pairs(third)+" 49 09 78", third, "000000000000") // §9.7

	part := bitmaps(t, only(t, r.dialogue(hold50), "04 0f "))
	if part[0x04] != "000000001000" { // §9.4: less is granted
		t.Errorf("granted are %s, want 10.00", part[0x04])
	}
	taken := r.ended("06 23 08 87 "+pairs(part[0x87])+" 49 09 78 19 40", part[0x87], "000000001000")
	r.ended("06 30 06 00 00 00 87 "+pairs(taken), taken, "000000001000") // §9.8: and all of it given back

	declined := r.dialogue(hold50)
	if info := bitmaps(t, only(t, declined, "04 0f ")); info[0x27] != "05" || declined[len(declined)-1] != "06 1e 01 05" {
		t.Errorf("a declined card is told %q", declined)
	}

	if said := r.aborted(); said[len(said)-1] != "06 1e 01 6c" {
		t.Errorf("after the abort the terminal says %q", said)
	}
	for command, want := range map[string]string{
		"0f 99 00":                   "84 83 00",          // unknown (§9.17)
		"06 50 03 99 99 99":          "84 37 00",          // a wrong password (§4)
		"06 00 06 00 00 00 3e 08 40": "84 1e 03 6f 09 78", // registered in dollars (§4)
		"06 e0 0d f1 f1 f0 48 61 6c 6c 6f 20 57 65 6c 74": "80 00 00", // §9.16
	} {
		if got, err := r.command(command); err != nil || got != want {
			t.Errorf("%s is answered %s, %v; want %s", command, got, err, want)
		}
	}

	day := r.dialogue("06 50 03 00 00 00") // §9.10
	totals := bitmaps(t, only(t, day, "04 0f "))
	if totals[0x04] != "000000002155" || day[len(day)-1] != "06 0f 00" {
		t.Errorf("the end of day is %q with %v, want 17.35 and 4.20", day, totals)
	}
	if got, err := r.command("06 02 00"); err != nil || got != "80 00 00" { // §9.2
		t.Errorf("log-off is answered %s, %v", got, err)
	}
	if said := r.dialogue(hold50); said[len(said)-1] != "06 1e 01 6b" { // §12
		t.Errorf("without a registration a reservation is told %q", said)
	}
	if got := booked(t, ledger); !reflect.DeepEqual(got, []int64{5000, 1735, 5000, 420, 5000, 0, 1000, 1000, 1000, 2155}) {
		t.Errorf("the ledger has booked %v", got)
	}
	out.awaitText(t, "card: approved true, receipt 9998, 5000 minor units\n")
	out.awaitText(t, "card: approved false, receipt 0000, 0 minor units\n")
}

// aborted begins a reservation nobody has a card for, and aborts it (§9.14).
func (r *register) aborted() []string {
	r.t.Helper()
	if got, err := r.command(hold50); err != nil || got != "80 00 00" {
		r.t.Fatalf("a reservation is answered %s, %v", got, err)
	}
	if got, err := r.message(); err != nil || got != "04 ff 01 0a" { // present the card
		r.t.Fatalf("then comes %s, %v", got, err)
	}
	if err := r.agree(); err != nil {
		r.t.Fatal(err)
	}
	if got, err := r.command("06 b0 00"); err != nil || got != "80 00 00" {
		r.t.Fatalf("the abort is answered %s, %v", got, err)
	}
	return r.rest("06 b0 00")
}

// booked are the amounts that the ledger in a file has booked and settled, in order.
func booked(t *testing.T, file string) (amounts []int64) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		var e struct {
			Kind   string
			Amount int64 `json:"amount_minor"`
		}
		if err := json.Unmarshal(line, &e); err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if e.Kind == "booked" || e.Kind == "end_of_day" {
			amounts = append(amounts, e.Amount)
		}
	}
	return amounts
}

// What is worked out byte by byte in §10, on a serial line: receipt 0123, 50.00 reserved,
// 17.35 to be paid.
func TestTheWorkedFramesAreUnderstoodOnAPty(t *testing.T) {
	t.Parallel()
	const (
		reserve     = "10 02 06 22 0E 04 00 00 00 00 50 00 49 09 78 19 40 06 00 10 03 E8 8F"
		partial     = "10 02 06 23 0D 87 01 23 04 00 00 00 00 32 65 49 09 78 10 03 28 B6"
		bookTotal   = "10 02 06 24 0D 87 01 23 04 00 00 00 00 17 35 49 09 78 10 03 EE E0"
		release     = "10 02 06 25 06 87 01 23 49 09 78 10 03 64 37"
		enquire     = "10 02 06 23 03 87 FF FF 10 03 FB BD"
		lastReceipt = "10 02 06 20 05 00 00 00 03 03 10 03 DB 15"
		status      = "10 02 05 01 05 00 00 00 03 02 10 03 4B ED"
		endOfDay    = "10 02 06 50 03 00 00 00 10 03 FB 37"
	)
	for name, c := range map[string]struct{ capture, frame, amount string }{
		"partial reversal": {"partial_reversal", partial, "000000001735"},
		"book total":       {"book_total", bookTotal, "000000001735"},
		"release":          {"none", release, "000000000000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			link := filepath.Join(t.TempDir(), "terminal")
			started(t, "sim", "terminal", "--pty", link, "--script", scripted(t,
				"terminal: {first_receipt: 123, capture: "+c.capture+", "+quick+"}\notherwise: {host: 10ms}\n"))
			r := plugged(t, link, registration)
			frame := func(f string) []string {
				t.Helper()
				if err := r.putFrame(unspaced(f)); err != nil {
					t.Fatalf("%s: %v", f, err)
				}
				if got, err := r.message(); err != nil || got != "80 00 00" {
					t.Fatalf("%s is answered %s, %v", f, got, err)
				}
				return r.rest(f)
			}
			if said := frame(status); said[len(said)-1] != "06 0f 01 00" {
				t.Errorf("the status is %q", said)
			}
			if info := bitmaps(t, only(t, frame(reserve), "04 0f ")); info[0x87] != "0123" || info[0x04] != "000000005000" {
				t.Errorf("reserved is %v", info)
			}
			if said := frame(enquire); said[len(said)-1] != "06 1e 04 b8 87 01 23" {
				t.Errorf("open is %q", said)
			}
			if info := bitmaps(t, only(t, frame(c.frame), "04 0f ")); info[0x87] != "0124" || info[0x04] != c.amount {
				t.Errorf("the hold ended as %v, want receipt 0124 and %s", info, c.amount)
			}
			if said := frame(enquire); said[len(said)-1] != nothingOpen {
				t.Errorf("afterwards open is %q", said)
			}
			if info := bitmaps(t, only(t, frame(lastReceipt), "04 0f ")); info[0x87] != "0124" {
				t.Errorf("the last receipt is %v", info)
			}
			if info := bitmaps(t, only(t, frame(endOfDay), "04 0f ")); info[0x04] != c.amount {
				t.Errorf("the day's total is %v, want %s", info, c.amount)
			}
		})
	}
}

// Broken frames, lost acknowledgements and noise on a serial line (§2.4, §2.6).
func TestAForeignCashRegisterOnABadLine(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "terminal")
	started(t, "sim", "terminal", "--pty", link, "--script", scripted(t, "terminal: {"+quick+"}\notherwise: {host: 10ms}\n"))
	r := plugged(t, link, registration)

	broken := framed(unspaced(enquiry))
	broken[len(broken)-1] ^= 0x01
	if err := r.putFrame(broken); !errors.Is(err, errNAK) {
		t.Errorf("a frame with a wrong CRC: %v, want NAK", err)
	}
	if err := r.putFrame(unspaced("10 02 06 10 41 10 03 00 00")[:5]); !errors.Is(err, errNAK) { // 10 41 is no end
		t.Errorf("a frame with a wrong DLE: %v, want NAK", err)
	}
	if got, err := r.command("06 23 09 87 ff ff"); err != nil || got != "84 9a 00" { // the frame is right, its message is not (§2.4, §12)
		t.Errorf("a message with a wrong length is answered %s, %v", got, err)
	}
	if said := r.dialogue(enquiry); said[len(said)-1] != nothingOpen {
		t.Errorf("after two broken frames the enquiry says %q", said)
	}

	// The cash register says NAK twice: the answer comes three times (§2.6).
	if err := r.putFrame(framed(unspaced("06 e0 04 f1 f0 f1 41"))); err != nil {
		t.Fatal(err)
	}
	for try := range 3 {
		message, rest, err := r.unacknowledged()
		if err != nil || hexPairs(message) != "80 00 00" || len(rest) != 0 {
			t.Fatalf("answer %d is % x, rest % x, %v", try, message, rest, err)
		}
		answer := byte(0x15)
		if try == 2 {
			answer = 0x06
		}
		if _, err := r.port.Write([]byte{answer}); err != nil {
			t.Fatal(err)
		}
	}

	// The same frame twice, as after a lost ACK, reserves once.
	frame := framed(unspaced(hold50))
	if err := r.putFrame(frame); err != nil {
		t.Fatal(err)
	}
	if got, err := r.message(); err != nil || got != "80 00 00" {
		t.Fatalf("a reservation is answered %s, %v", got, err)
	}
	receipt := bitmaps(t, only(t, r.rest(hold50), "04 0f "))[0x87]
	if said := r.dialogue(hold50); said[len(said)-1] != "06 1e 01 b8" { // it has one; no second is made
		t.Errorf("a second reservation is told %q", said)
	}
	r.ended("06 25 06 87 "+pairs(receipt)+" 49 09 78", receipt, "000000000000")
}

// unacknowledged takes a frame and says nothing.
func (r *register) unacknowledged() (message, rest []byte, err error) {
	for {
		message, rest, short, err := unframed(r.in)
		if err != nil || !short {
			r.in = nil
			return message, rest, err
		}
		if err := r.more(); err != nil {
			return nil, nil, err
		}
	}
}

// The cable is pulled within the result of a reservation: the line ends, its link is
// gone and comes back, and the terminal has taken the reservation back (§11.1).
func TestTheCableIsPulledFromAForeignCashRegister(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "terminal")
	started(t, "sim", "terminal", "--pty", link, "--script", scripted(t, `
terminal: {`+quick+`}
cards:
  - faults: [{at: tx 04 0f, kind: unplug, bytes: 5, for: 1s}]
otherwise: {host: 10ms}
`))
	r := plugged(t, link, registration)
	if got, err := r.command(hold50); err != nil || got != "80 00 00" {
		t.Fatalf("a reservation is answered %s, %v", got, err)
	}
	var err error
	for err == nil {
		if _, err = r.message(); err == nil {
			err = r.agree()
		}
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("the line does not end: %v", err)
	}
	if begun := []byte{0x10, 0x02, 0x04, 0x0F}; len(r.in) > 5 || !bytes.HasPrefix(begun, r.in[:min(4, len(r.in))]) {
		t.Errorf("of the result came % x, want up to 5 bytes", r.in) // the kernel may lose some of a line that is gone
	}
	r.port.Close()
	awaitGone(t, link)
	r = plugged(t, link, registration)
	if said := r.dialogue(enquiry); said[len(said)-1] != nothingOpen {
		t.Errorf("afterwards the enquiry says %q", said)
	}
	receipt, _ := r.held()
	r.ended("06 25 03 87 "+pairs(receipt), receipt, "000000000000")
}

// awaitGone waits until there is no link.
func awaitGone(t *testing.T, link string) {
	t.Helper()
	for began := time.Now(); ; time.Sleep(time.Millisecond) {
		_, err := os.Lstat(link)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return
		case time.Since(began) > patience:
			t.Fatalf("%s is there all the time", link)
		}
	}
}

// The power of the terminal fails when the reservation is acknowledged: it is kept, the
// registration is not (§9.1, §11.1).
func TestThePowerFailsUnderAForeignCashRegister(t *testing.T) {
	t.Parallel()
	out := started(t, "sim", "terminal", "--listen", "127.0.0.1:0", "--script", scripted(t, `
terminal: {`+quick+`}
cards:
  - faults: [{at: tx 06 0f, kind: power_cut, for: 100ms}]
`))
	addr := after(out.awaitText(t, "\n"), "the terminal answers at ")
	r := dialled(t, addr, registration)
	if got, err := r.command(hold50); err != nil || got != "80 00 00" {
		t.Fatalf("a reservation is answered %s, %v", got, err)
	}
	var said []string
	for {
		got, err := r.message()
		if err != nil {
			break
		}
		said = append(said, got)
		if r.agree() != nil {
			break
		}
	}
	info := bitmaps(t, only(t, said, "04 0f "))
	if last := said[len(said)-1]; strings.HasPrefix(last, "06 0f") {
		t.Fatalf("it ends with %s, want a terminal without power", last)
	}
	r = dialled(t, addr, registration)
	if got := r.dialogue(enquiry); got[len(got)-1] != "06 1e 04 b8 87 "+pairs(info[0x87]) {
		t.Errorf("afterwards the enquiry says %q, want %s", got, info[0x87])
	}
}
