package zvt

import (
	"bytes"
	"testing"
)

// pushAll feeds b and returns what it completed, quiet bytes left out.
func pushAll(d *Deframer, b []byte) []Event {
	var events []Event
	for _, c := range b {
		if e := d.Push(c); e.Kind != EventNone {
			e.APDU = bytes.Clone(e.APDU)
			events = append(events, e)
		}
	}
	return events
}

func kinds(events []Event) []EventKind {
	out := make([]EventKind, 0, len(events))
	for _, e := range events {
		out = append(out, e.Kind)
	}
	return out
}

func equalKinds(t *testing.T, got []Event, want ...EventKind) {
	t.Helper()
	if g := kinds(got); !bytes.Equal(kindBytes(g), kindBytes(want)) {
		t.Errorf("events: got %v, want %v", g, want)
	}
}

func kindBytes(k []EventKind) []byte {
	b := make([]byte, len(k))
	for i := range k {
		b[i] = byte(k[i])
	}
	return b
}

func TestCRCOfTheCatalogueCheckString(t *testing.T) {
	var crc uint16
	for _, b := range []byte("123456789") {
		crc = crcUpdate(crc, b)
	}
	if crc != 0x2189 { // CRC-16/KERMIT
		t.Errorf("got %04x, want 2189", crc)
	}
}

func TestSerialVectors(t *testing.T) {
	for _, v := range loadVectors(t) {
		if v.Layer != "serial-frame" {
			continue
		}
		t.Run(v.Name, func(t *testing.T) {
			var d Deframer
			got := pushAll(&d, v.bytes(t))
			switch {
			case v.Meaning["type"] == "ACK":
				equalKinds(t, got, EventACK)
			case v.Meaning["type"] == "NAK":
				equalKinds(t, got, EventNAK)
			case v.Meaning["problem"] == "crc mismatch":
				equalKinds(t, got, EventStart, EventBadCRC)
			case !v.valid():
				equalKinds(t, got, EventStart, EventBadFrame)
			default:
				equalKinds(t, got, EventStart, EventFrame)
				apdu := unhex(t, v.Meaning["apdu"].(string))
				if last := got[len(got)-1].APDU; !bytes.Equal(last, apdu) {
					t.Errorf("command: got %x, want %x", last, apdu)
				}
				if frame := AppendFrame(nil, apdu); !bytes.Equal(frame, v.bytes(t)) {
					t.Errorf("AppendFrame: got %x, want %s", frame, v.Hex)
				}
			}
		})
	}
}

// workedFrames are the frames of sections 2.3 and 10 with the message they stand for.
func workedFrames() map[string]Message {
	const receipt = "0123"
	return map[string]Message{
		"10 02 80 00 00 10 03 F5 1F":                                                                      Ack{},
		"10 02 06 00 06 12 34 56 BA 09 78 10 03 24 C3":                                                    Registration{Password: "123456", Config: 0xBA, Currency: EUR},
		"10 02 06 01 0A 04 00 00 00 01 10 10 00 49 09 78 10 03 F2 FF":                                     Authorization{AmountMinor: Minor(11000), Currency: EUR},
		"10 02 06 01 07 04 00 00 00 00 01 90 10 03 76 57":                                                 Authorization{AmountMinor: Minor(190)},
		"10 02 06 22 0E 04 00 00 00 00 50 00 49 09 78 19 40 06 00 10 03 E8 8F":                            Reservation{AmountMinor: Minor(5000), Currency: EUR, PaymentType: Some(PaymentByTerminal), TLV: Wrap()},
		"10 02 06 23 0D 87 01 23 04 00 00 00 00 32 65 49 09 78 10 03 28 B6":                               PartialReversal{Receipt: receipt, UnusedMinor: Minor(3265), Currency: EUR},
		"10 02 06 24 0D 87 01 23 04 00 00 00 00 17 35 49 09 78 10 03 EE E0":                               BookTotal{Receipt: receipt, TotalMinor: Minor(1735), Currency: EUR},
		"10 02 06 25 06 87 01 23 49 09 78 10 03 64 37":                                                    PreAuthReversal{Receipt: receipt, Currency: EUR},
		"10 02 06 23 03 87 FF FF 10 03 FB BD":                                                             PendingEnquiry{},
		"10 02 06 20 05 00 00 00 03 03 10 03 DB 15":                                                       RepeatReceipt{Password: DefaultPassword, Service: Some(ServiceSendStatus | ServiceDoNotPrint)},
		"10 02 05 01 05 00 00 00 03 02 10 03 4B ED":                                                       StatusEnquiry{Password: DefaultPassword, Service: Some(ServiceOmitVersion)},
		"10 02 06 50 03 00 00 00 10 03 FB 37":                                                             EndOfDay{Password: DefaultPassword},
		"10 02 06 00 10 10 00 00 00 BE 09 78 03 01 06 06 26 04 0A 02 06 D3 10 03 D7 DE":                   Registration{Password: DefaultPassword, Config: ConfigKioskWithPrints, Currency: EUR, Service: Some(ServiceHideMenu), TLV: Wrap(Object{Tag: TagCommandList, Children: []Object{{Tag: TagCommand, Value: []byte{0x06, 0xD3}}}})},
		"10 02 06 D1 17 40 2A 20 2A 20 20 48 84 6E 64 6C 65 72 62 65 6C 65 67 20 20 2A 20 2A 10 03 1C 81": PrintLine{Attribute: PrintCentred, Text: "* *  Händlerbeleg  * *"},
	}
}

func TestWorkedFramesAreWrittenByteForByte(t *testing.T) {
	for want, m := range workedFrames() {
		apdu, err := Append(nil, m)
		if err != nil {
			t.Fatalf("%T: %v", m, err)
		}
		if got := AppendFrame(nil, apdu); !bytes.Equal(got, unhex(t, want)) {
			t.Errorf("%T:\n got % X\nwant %s", m, got, want)
		}
	}
}

func TestNoPrefixOfAFrameIsAFrame(t *testing.T) {
	for name, apdu := range vectorAPDUs(t) {
		frame := AppendFrame(nil, apdu)
		for n := range frame {
			var d Deframer
			for _, e := range pushAll(&d, frame[:n]) {
				if e.Kind != EventStart {
					t.Errorf("%s cut at %d: got event %d", name, n, e.Kind)
				}
			}
			if got, want := d.Reset(), n >= 2; got != want {
				t.Errorf("%s cut at %d: Reset: got %v, want %v", name, n, got, want)
			}
		}
	}
}

func TestLineEvents(t *testing.T) {
	const ok = "10 02 80 00 00 10 03 F5 1F"
	tests := []struct {
		name string
		hex  string
		want []EventKind
	}{
		{"noise before a frame is ignored", "00 FF 41 " + ok, []EventKind{EventStart, EventFrame}},
		{"a stray DLE before a frame is noise", "10 " + ok, []EventKind{EventStart, EventFrame}},
		{"an ACK after a stray DLE still counts", "10 06", []EventKind{EventACK}},
		{"a frame instead of an ACK shows at its start", "10 02", []EventKind{EventStart}},
		{"ACK and frame in one read", "06 " + ok, []EventKind{EventACK, EventStart, EventFrame}},
		{"two frames in one read", ok + ok, []EventKind{EventStart, EventFrame, EventStart, EventFrame}},
		{"a sender that begins anew is followed", "10 02 80 00 " + ok, []EventKind{EventStart, EventStart, EventFrame}},
		{"06 and 15 inside a frame are data", "10 02 06 15 00", []EventKind{EventStart}},
		{"06 and 15 in the rest of a broken frame are not ACK and NAK", "10 02 80 10 41 06 15", []EventKind{EventStart, EventBadFrame}},
		{"after a broken frame the next one is found", "10 02 80 10 41 06 10 06 " + ok, []EventKind{EventStart, EventBadFrame, EventStart, EventFrame}},
		{"after a bad checksum the line is idle", "10 02 80 00 00 10 03 F5 1E 15", []EventKind{EventStart, EventBadCRC, EventNAK}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var d Deframer
			equalKinds(t, pushAll(&d, unhex(t, tt.hex)), tt.want...)
		})
	}
}

func TestSilenceEndsWhatWasBroken(t *testing.T) {
	var d Deframer
	pushAll(&d, unhex(t, "10 02 80 10 41"))
	if d.Reset() {
		t.Error("Reset after a broken frame: got cut, want none: it was reported already")
	}
	equalKinds(t, pushAll(&d, []byte{ACK}), EventACK)
}

func TestNoiseIsCounted(t *testing.T) {
	var d Deframer
	pushAll(&d, unhex(t, "00 FF 10 41 06 10 02 80 00 00 10 03 F5 1F 10 02 10 41 99 10 02"))
	// 00 FF, the DLE and the 41 after it; of the broken frame its rest, 99.
	if got := d.Noise(); got != 5 {
		t.Errorf("got %d, want 5", got)
	}
}

func TestAFrameLongerThanAnyCommandIsDropped(t *testing.T) {
	var d Deframer
	pushAll(&d, []byte{DLE, STX})
	var events []Event
	for range MaxAPDU + 1 {
		events = append(events, pushAll(&d, []byte{0x55})...)
	}
	equalKinds(t, events, EventBadFrame)
}

func TestTheLongestCommandTravels(t *testing.T) {
	apdu := APDU{Class: 0x06, Instr: 0xD3, Data: bytes.Repeat([]byte{DLE}, MaxData)}.Append(nil)
	var d Deframer
	got := pushAll(&d, AppendFrame(nil, apdu))
	equalKinds(t, got, EventStart, EventFrame)
	if !bytes.Equal(got[1].APDU, apdu) {
		t.Error("the command changed on its way")
	}
}

// FuzzDeframer: any bytes are survived, and a frame behind them, after a silence, is
// found as it was sent.
func FuzzDeframer(f *testing.F) {
	for _, v := range loadVectors(f) {
		if v.Layer == "serial-frame" {
			f.Add(v.bytes(f), []byte{0x80, 0, 0})
		}
	}
	f.Add([]byte{DLE}, []byte{DLE, DLE, ETX})
	f.Fuzz(func(t *testing.T, garbage, apdu []byte) {
		if len(apdu) > MaxAPDU {
			return
		}
		var d Deframer
		pushAll(&d, garbage)
		d.Reset()
		got := pushAll(&d, AppendFrame(nil, apdu))
		equalKinds(t, got, EventStart, EventFrame)
		if n := len(got); n > 0 && !bytes.Equal(got[n-1].APDU, apdu) {
			t.Errorf("got %x, want %x", got[n-1].APDU, apdu)
		}
	})
}
