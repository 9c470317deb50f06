package zvt

import "testing"

// BenchmarkStatusInformation is the path of an approval: frame in, message out. The
// frame is a capture of 90 data bytes.
func BenchmarkStatusInformation(b *testing.B) {
	frame := AppendFrame(nil, vectorAPDUs(b)["status-after-reservation-25-00"])
	b.SetBytes(int64(len(frame)))
	b.ReportAllocs()
	var d Deframer
	for b.Loop() {
		for _, c := range frame {
			e := d.Push(c)
			if e.Kind != EventFrame {
				continue
			}
			a, err := DecodeExact(e.APDU)
			if err != nil {
				b.Fatal(err)
			}
			if _, err := Parse(a); err != nil {
				b.Fatal(err)
			}
		}
	}
}

// BenchmarkReservation is the path of a request: message in, frame out.
func BenchmarkReservation(b *testing.B) {
	m := Reservation{AmountMinor: Minor(5000), Currency: EUR, PaymentType: Some(PaymentByTerminal), TLV: Wrap()}
	b.ReportAllocs()
	var apdu, frame []byte
	for b.Loop() {
		var err error
		if apdu, err = Append(apdu[:0], m); err != nil {
			b.Fatal(err)
		}
		frame = AppendFrame(frame[:0], apdu)
	}
}

// BenchmarkRedact is what a byte log costs for an approval.
func BenchmarkRedact(b *testing.B) {
	apdu := vectorAPDUs(b)["status-after-reservation-25-00"]
	b.ReportAllocs()
	for b.Loop() {
		Redact(apdu)
	}
}
