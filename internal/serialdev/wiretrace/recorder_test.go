package wiretrace

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/serialdev/zvt"
)

const pan = "4761739001010010"

// newRecorder makes one of the smallest size.
func newRecorder(t testing.TB, k Kind) *Recorder {
	t.Helper()
	r, err := New(Options{Header: Header{Edged: "test", Port: "/dev/test", Kind: k}, Bytes: minBytes})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// text is a trace as a file, read back: what a recorder writes has to be readable.
func text(t testing.TB, r *Recorder) string {
	t.Helper()
	return written(t, r.Trace())
}

func written(t testing.TB, tr *Trace) string {
	t.Helper()
	var b bytes.Buffer
	n, err := tr.WriteTo(&b)
	if err != nil || n != int64(b.Len()) {
		t.Fatalf("wrote %d of %d: %v", n, b.Len(), err)
	}
	back, err := Read("trace.jsonl", bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	if len(back.Records) != len(tr.Records) || back.Header != tr.Header {
		t.Errorf("read %d records of %d, header %+v, want %+v", len(back.Records), len(tr.Records), back.Header, tr.Header)
	}
	return b.String()
}

// lines is a trace in short: from, form, bytes.
func lines(tr *Trace) string {
	var out []string
	for _, r := range tr.Records {
		s := strings.TrimSpace(fmt.Sprintf("%s %s %x", r.From, r.Form, r.Bytes))
		for _, p := range r.Pauses {
			s += fmt.Sprintf(" |%d+%s", p.After, p.For)
		}
		if r.Count != 0 {
			s += fmt.Sprintf(" n=%d", r.Count)
		}
		out = append(out, strings.TrimSpace(s+" "+r.Text))
	}
	return strings.Join(out, "\n")
}

func TestPiecesOfASerialLine(t *testing.T) {
	status := zvt.AppendFrame(nil, []byte{0x05, 0x01, 0x00})
	full := func(s string) string { return s }
	for _, tt := range []struct {
		name string
		in   []string // chunks from the device, a number of ms between them as "…500"
		want string
	}{
		{"a frame in one piece", []string{fmt.Sprintf("%x", status)}, fmt.Sprintf("device frame %x", status)},
		{"a frame in three, quickly", []string{"10", "020501", "0010 03" + fmt.Sprintf("%x", status[len(status)-2:])}, fmt.Sprintf("device frame %x", status)},
		{"a frame with a pause", []string{"10020501", "…120", fmt.Sprintf("%x", status[4:])}, fmt.Sprintf("device frame %x |4+120ms", status)},
		{"an acknowledgement and a refusal", []string{"0615"}, "device ack 06\ndevice nak 15"},
		{"a wrong checksum", []string{"1002050100100300ff"}, "device bad_crc " + full(fmt.Sprintf("%x%02x", status[:len(status)-1], status[len(status)-1]^0xFF))},
		{"a frame cut short, then repeated", []string{"10020501", "…250", fmt.Sprintf("%x", status)}, fmt.Sprintf("device cut 10020501\ndevice frame %x", status)},
		{"a frame begun anew", []string{"100205" + fmt.Sprintf("%x", status)}, fmt.Sprintf("device cut 100205\ndevice frame %x", status)},
		{"noise before an acknowledgement", []string{"fffe06"}, "device noise fffe\ndevice ack 06"},
		{"noise that could be digits", []string{"ff476173900101", "…1", "0010ff", "…300", "06"}, "device noise ffeeeeeeeeeeeeeeeeff\ndevice ack 06"},
		{"an illegal byte", []string{"1002040f081047", "…300", "06"}, "device bad_frame 1002040f081047\ndevice ack 06"},
		{"a frame that holds a DLE", []string{fmt.Sprintf("%x", zvt.AppendFrame(nil, []byte{0x06, 0x0F, 0x01, 0x10}))}, fmt.Sprintf("device frame %x", zvt.AppendFrame(nil, []byte{0x06, 0x0F, 0x01, 0x10}))},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := newRecorder(t, ZVTSerial)
				for _, in := range tt.in {
					if ms, ok := strings.CutPrefix(in, "…"); ok {
						d, _ := time.ParseDuration(ms + "ms")
						time.Sleep(d)
						continue
					}
					r.Bytes(Device, unhex(t, in))
				}
				time.Sleep(time.Second)
				if got := lines(r.Trace()); got != tt.want {
					t.Errorf("\n got %s\nwant %s", got, tt.want)
				}
				text(t, r)
			})
		})
	}
}

func TestPiecesOverTCP(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, ZVTTCP)
		r.Opened("")
		r.Bytes(Host, unhex(t, "050100 0600"))
		r.Bytes(Host, unhex(t, "06 123456 ba 0978 0501"))
		r.Bytes(Device, unhex(t, "06d3ffff7f"))
		r.Bytes(Device, make([]byte, 0x7FFF))
		r.Bytes(Device, unhex(t, "800000"))
		r.Lost(errors.New("device is gone"))
		r.Closed() // it has been lost already
		want := strings.Join([]string{
			"opened", "host frame 050100", "host frame 060006eeeeeeba0978",
			"device too_long n=32772", "device frame 800000", "host cut 0501", "lost device is gone",
		}, "\n")
		if got := lines(r.Trace()); got != want {
			t.Errorf("\n got %s\nwant %s", got, want)
		}
		text(t, r)
	})
}

// Each way in which a frame can be spoiled on the line, at each of its bytes: the number
// of the card is never readable, in one direction nor in the other.
func TestM8_NoBrokenFrameShowsACardNumber(t *testing.T) {
	bcd := unhex(t, pan)
	places := map[string][]byte{
		"BMP 22":       append(unhex(t, "040f0d 2700 22f0f8"), bcd...),
		"BMP 23":       append(unhex(t, "040f0d 2700 23f0f8"), bcd...),
		"a container":  append(unhex(t, "040f0d 060b 1f0808"), bcd...),
		"a print line": append(unhex(t, "06d111 00"), []byte(pan)...),
	}
	n, stride := 0, 1
	if testing.Short() {
		stride = 5
	}
	for where, apdu := range places {
		frame := zvt.AppendFrame(nil, apdu)
		for _, kind := range []Kind{ZVTSerial, ZVTTCP} {
			sent := frame
			if kind == ZVTTCP {
				sent = apdu
			}
			for at := 0; at < len(sent); at += stride {
				for name, spoiled := range spoil(sent, at) {
					if kind == ZVTTCP && name != "the end missing" {
						continue // TCP loses and changes nothing on the way
					}
					for _, size := range []int{1, 3, len(spoiled)} {
						n++
						r := newRecorder(t, kind)
						for rest := spoiled; len(rest) > 0; rest = rest[min(size, len(rest)):] {
							r.Bytes(Device, rest[:min(size, len(rest))])
						}
						r.Opened("")
						r.Closed()
						if s := text(t, r); shows(s) {
							t.Fatalf("%s over %s, %s at %d, %d bytes a piece:\n%s", where, kind, name, at, size, s)
						}
					}
				}
			}
		}
	}
	t.Logf("%d spoiled frames", n)
}

// spoil gives frames that went wrong at a byte.
func spoil(b []byte, at int) map[string][]byte {
	flipped := bytes.Clone(b)
	flipped[at] ^= 0x10
	lost := append(bytes.Clone(b[:at]), b[at+1:]...)
	return map[string][]byte{
		"a bit wrong": flipped, "a byte lost": lost, "the end missing": b[:at], "the beginning missing": b[at:],
		"an ACK between": append(append(bytes.Clone(b[:at]), zvt.ACK), b[at:]...),
		"a DLE between":  append(append(bytes.Clone(b[:at]), zvt.DLE), b[at:]...),
	}
}

// shows looks for the middle of the number in the hex of a trace, whatever is between.
func shows(trace string) bool {
	var digits strings.Builder
	for line := range strings.Lines(trace) {
		if _, after, ok := strings.Cut(line, `"hex":"`); ok {
			h, _, _ := strings.Cut(after, `"`)
			digits.WriteString(strings.ReplaceAll(h, " ", ""))
		}
	}
	all := digits.String()
	middle := pan[5:12]
	return strings.Contains(all, middle) || strings.Contains(all, hex.EncodeToString([]byte(middle)))
}

func TestTheRingForgetsTheOldestAndKeepsTheOpening(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRecorder(t, ZVTSerial)
		r.Failed(errors.New("no such device"))
		r.Failed(errors.New("no such device"))
		r.Opened("")
		first := zvt.AppendFrame(nil, []byte{0x05, 0x01, 0x00})
		r.Bytes(Host, first)
		const frames = 6_000
		for i := range frames {
			time.Sleep(time.Second)
			r.Bytes(Device, zvt.AppendFrame(nil, []byte{0x04, 0xFF, 0x02, byte(i >> 8), byte(i)}))
		}
		tr := r.Trace()
		text(t, r)
		kept := r.Kept()
		if kept.Bytes > minBytes || kept.Records+kept.Forgotten != frames+3 || kept.Forgotten == 0 {
			t.Errorf("kept %+v", kept)
		}
		var forms []Form
		var forgotten int64
		for _, rec := range tr.Records {
			if rec.Form != Frame {
				forms = append(forms, rec.Form)
			}
			forgotten += rec.Count
		}
		if got := fmt.Sprint(forms); got != "[forgotten opened forgotten]" || forgotten+int64(len(tr.Records)-2) != frames+3 {
			t.Errorf("got %s, %d forgotten of %d", got, forgotten, len(tr.Records))
		}
		if last := tr.Records[len(tr.Records)-1]; last.T != frames*time.Second || !last.At.Equal(tr.Header.Begun.Add(last.T)) {
			t.Errorf("the last is at %s, %s", last.T, last.At)
		}
	})
}

func TestARecorderNeedsAKindAndRoom(t *testing.T) {
	for _, o := range []Options{
		{}, {Header: Header{Kind: "mdb"}}, {Header: Header{Kind: Display}, Bytes: 100}, {Header: Header{Kind: Display}, Gap: -1},
	} {
		if _, err := New(o); !errors.Is(err, ErrOptions) {
			t.Errorf("%+v: got %v", o, err)
		}
	}
}

// FuzzRecorder: whatever goes over a line, in whatever pieces, a recorder takes it, and
// what it writes can be read.
func FuzzRecorder(f *testing.F) {
	f.Add(zvt.AppendFrame(nil, []byte{0x05, 0x01, 0x00}), byte(3), byte(0))
	f.Add(append([]byte{0x06, 0x15}, zvt.AppendFrame(nil, append([]byte{0x04, 0x0F, 0x0B, 0x22, 0xF0, 0xF8}, pan[:8]...))...), byte(200), byte(1))
	f.Add([]byte("Please take a drink 1.50 EUR"), byte(7), byte(2))
	f.Fuzz(func(t *testing.T, b []byte, size, kind byte) {
		r := newRecorder(t, []Kind{ZVTSerial, ZVTTCP, Display}[kind%3])
		r.Opened("")
		for side, n := Host, max(1, int(size)); len(b) > 0; b = b[min(n, len(b)):] {
			r.Bytes(side, b[:min(n, len(b))])
			if b[0]%4 == 0 {
				side = map[Side]Side{Host: Device, Device: Host}[side]
			}
		}
		r.Closed()
		text(t, r)
	})
}

func BenchmarkFrame(b *testing.B) {
	r := newRecorder(b, ZVTSerial)
	frame := zvt.AppendFrame(nil, unhex(b, "040f1b2700040000000050004909780c1234560d0102295250000187012 3"))
	b.SetBytes(int64(len(frame)))
	for b.Loop() {
		r.Bytes(Device, frame)
	}
}

func BenchmarkACK(b *testing.B) {
	r := newRecorder(b, ZVTSerial)
	for b.Loop() {
		r.Bytes(Device, []byte{zvt.ACK})
	}
}

// BenchmarkScreen is one repaint of a display.
func BenchmarkScreen(b *testing.B) {
	r := newRecorder(b, Display)
	screen := bytes.Repeat([]byte("Total 12.50 EUR "), 5)
	for b.Loop() {
		r.Bytes(Host, screen)
	}
}

// BenchmarkTrace copies a full ring of the default size while the line is held up.
func BenchmarkTrace(b *testing.B) {
	r, err := New(Options{Header: Header{Kind: ZVTSerial}})
	if err != nil {
		b.Fatal(err)
	}
	frame := zvt.AppendFrame(nil, []byte{0x05, 0x01, 0x00})
	for r.Kept().Forgotten == 0 {
		r.Bytes(Host, frame)
	}
	for b.Loop() {
		r.mu.Lock()
		r.ring.span()
		r.mu.Unlock()
	}
}
