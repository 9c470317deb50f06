package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A cash register of somebody else's. It is written from the protocol notes alone
// (zvt.md, named by section) and shares no code with edged: not its codec, not its
// simulator. So it finds what both of them have misread alike.

// cable is a line to a terminal, with deadlines.
type cable interface {
	io.ReadWriteCloser
	SetDeadline(time.Time) error
}

// register is the cash register. Whatever it does not expect ends its test.
type register struct {
	t      *testing.T
	port   cable
	serial bool // messages are framed and acknowledged (§2)
	in     []byte
}

// patience is how long the cash register waits for a byte; the terminals here are quick.
const patience = 10 * time.Second

// dialled is a cash register at a terminal on TCP. A terminal that boots hangs up, so it
// tries until its registration (§9.1) is answered.
func dialled(t *testing.T, addr, registration string) *register {
	t.Helper()
	return untilRegistered(t, registration, func() (*register, error) {
		c, err := net.Dial("tcp", addr)
		if err != nil {
			return nil, err
		}
		return &register{t: t, port: c}, nil
	})
}

// plugged is a cash register at the serial line behind link.
func plugged(t *testing.T, link, registration string) *register {
	t.Helper()
	return untilRegistered(t, registration, func() (*register, error) {
		f, err := os.OpenFile(link, os.O_RDWR|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
		if err != nil {
			return nil, err
		}
		return &register{t: t, port: f, serial: true}, nil
	})
}

func untilRegistered(t *testing.T, registration string, open func() (*register, error)) *register {
	t.Helper()
	for began := time.Now(); time.Since(began) < patience; time.Sleep(10 * time.Millisecond) {
		r, err := open()
		if err != nil {
			continue // not there yet
		}
		_ = r.port.SetDeadline(time.Now().Add(time.Second))
		if answer, err := r.command(registration); err == nil && answer == "80 00 00" {
			if got, err := r.message(); err == nil && strings.HasPrefix(got, "06 0f ") && r.agree() == nil {
				t.Cleanup(func() { r.port.Close() })
				_ = r.port.SetDeadline(time.Now().Add(patience))
				return r
			}
		}
		r.port.Close()
	}
	t.Fatal("no registration is answered")
	return nil
}

// unspaced gives the bytes of hexadecimal pairs.
func unspaced(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func hexPairs(b []byte) string { return fmt.Sprintf("% x", b) }

// checksum is the CRC of §2.3: constant 8408, right shifting, from 0, over the message
// and one ETX.
func checksum(message []byte) uint16 {
	crc := uint16(0)
	for _, b := range append(message[:len(message):len(message)], 0x03) {
		crc ^= uint16(b)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x8408
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

// framed puts a message into the frame of §2.2.
func framed(message []byte) []byte {
	frame := append([]byte{0x10, 0x02}, bytes.ReplaceAll(message, []byte{0x10}, []byte{0x10, 0x10})...)
	crc := checksum(message)
	return append(frame, 0x10, 0x03, byte(crc), byte(crc>>8))
}

// unframed cuts the first frame off b. short: more bytes are needed.
func unframed(b []byte) (message, rest []byte, short bool, err error) {
	if len(b) < 2 {
		return nil, b, true, nil
	}
	if b[0] != 0x10 || b[1] != 0x02 {
		return nil, b, false, fmt.Errorf("% x does not begin a frame", b)
	}
	for i := 2; i+1 < len(b); i++ {
		switch {
		case b[i] != 0x10:
			message = append(message, b[i])
		case b[i+1] == 0x10:
			message = append(message, 0x10)
			i++
		case b[i+1] != 0x03:
			return nil, b, false, fmt.Errorf("% x has a DLE that is neither doubled nor an end", b)
		case len(b) < i+4:
			return nil, b, true, nil
		case checksum(message) != uint16(b[i+2])|uint16(b[i+3])<<8:
			return nil, b, false, fmt.Errorf("% x has a wrong CRC, want %04x", b, checksum(message))
		default:
			return message, b[i+4:], false, nil
		}
	}
	return nil, b, true, nil
}

// unstreamed cuts the first message off a byte stream by its length (§3, §4).
func unstreamed(b []byte) (message, rest []byte, short bool) {
	if len(b) < 3 {
		return nil, b, true
	}
	n := 3 + int(b[2])
	if b[2] == 0xFF {
		if len(b) < 5 {
			return nil, b, true
		}
		n = 5 + int(b[3]) + int(b[4])<<8
	}
	if len(b) < n {
		return nil, b, true
	}
	return b[:n], b[n:], false
}

// more waits for more bytes.
func (r *register) more() error {
	b := make([]byte, 1024)
	n, err := r.port.Read(b)
	r.in = append(r.in, b[:n]...)
	if n > 0 {
		return nil
	}
	return err
}

// byte1 takes one byte, for an ACK or a NAK.
func (r *register) byte1() (byte, error) {
	for len(r.in) == 0 {
		if err := r.more(); err != nil {
			return 0, err
		}
	}
	b := r.in[0]
	r.in = r.in[1:]
	return b, nil
}

// message takes one message, and acknowledges its frame.
func (r *register) message() (string, error) {
	for {
		message, rest, short, err := r.cut()
		switch {
		case err != nil:
			return "", err
		case !short:
			r.in = rest
			if r.serial {
				_, err = r.port.Write([]byte{0x06})
			}
			return hexPairs(message), err
		}
		if err := r.more(); err != nil {
			return "", err
		}
	}
}

func (r *register) cut() (message, rest []byte, short bool, err error) {
	if r.serial {
		return unframed(r.in)
	}
	message, rest, short = unstreamed(r.in)
	return message, rest, short, nil
}

// put sends a message; on a serial line it must be acknowledged.
func (r *register) put(message string) error {
	b := unspaced(message)
	if !r.serial {
		_, err := r.port.Write(b)
		return err
	}
	return r.putFrame(framed(b))
}

var errNAK = errors.New("the terminal says NAK")

func (r *register) putFrame(frame []byte) error {
	if _, err := r.port.Write(frame); err != nil {
		return err
	}
	switch b, err := r.byte1(); {
	case err != nil:
		return err
	case b == 0x15:
		return errNAK
	case b != 0x06:
		return fmt.Errorf("a frame is answered %02x, want 06 or 15", b)
	}
	return nil
}

// command sends one and gives its answer.
func (r *register) command(message string) (string, error) {
	if err := r.put(message); err != nil {
		return "", err
	}
	return r.message()
}

func (r *register) agree() error { return r.put("80 00 00") }

// dialogue sends a command and agrees to whatever comes, until the end (§8). It gives
// everything the terminal has said; less, if it was refused with 84.
func (r *register) dialogue(command string) (said []string) {
	r.t.Helper()
	answer, err := r.command(command)
	if err != nil {
		r.t.Fatalf("%s: %v", command, err)
	}
	if answer != "80 00 00" {
		return []string{answer}
	}
	return append([]string{answer}, r.rest(command)...)
}

// rest agrees to whatever comes, until the end.
func (r *register) rest(command string) (said []string) {
	r.t.Helper()
	for {
		got, err := r.message()
		if err != nil {
			r.t.Fatalf("%s: after %q: %v", command, said, err)
		}
		said = append(said, got)
		if err := r.agree(); err != nil {
			r.t.Fatalf("%s: %s is not agreed to: %v", command, got, err)
		}
		if strings.HasPrefix(got, "06 0f ") || strings.HasPrefix(got, "06 1e ") {
			return said
		}
	}
}

// bitmaps reads what comes in a Status Information (04 0F) and its kin, by §6. Values are
// hexadecimal.
func bitmaps(t *testing.T, message string) map[byte]string {
	t.Helper()
	b, found := unspaced(message)[3:], map[byte]string{}
	for len(b) > 0 {
		tag, n := b[0], fixed(b[0])
		b = b[1:]
		switch {
		case tag == 0x06: // a container (§5)
			n, b = int(b[0]), b[1:]
		case tag == 0x22, tag == 0x8B: // LLVAR
			n, b = 10*int(b[0]&0x0F)+int(b[1]&0x0F), b[2:]
		case tag == 0x3C, tag == 0x60: // LLLVAR
			n, b = 100*int(b[0]&0x0F)+10*int(b[1]&0x0F)+int(b[2]&0x0F), b[3:]
		case n == 0:
			t.Fatalf("%s has the unknown bitmap %02x", message, tag)
		}
		if len(b) < n {
			t.Fatalf("%s is cut in bitmap %02x", message, tag)
		}
		found[tag], b = hex.EncodeToString(b[:n]), b[n:]
	}
	return found
}

// fixed is the length of a bitmap that has always the same.
func fixed(tag byte) int {
	switch tag {
	case 0x19, 0x27, 0x8A:
		return 1
	case 0x0D, 0x49, 0x87:
		return 2
	case 0x0B, 0x0C, 0x37:
		return 3
	case 0x29:
		return 4
	case 0x04:
		return 6
	case 0x3B:
		return 8
	case 0x2A:
		return 15
	}
	return 0
}

// only finds the one message with that beginning.
func only(t *testing.T, said []string, beginning string) string {
	t.Helper()
	found := ""
	for _, m := range said {
		if !strings.HasPrefix(m, beginning) {
			continue
		}
		if found != "" {
			t.Fatalf("%q has two messages %s", said, beginning)
		}
		found = m
	}
	if found == "" {
		t.Fatalf("%q has no message %s", said, beginning)
	}
	return found
}

// The cash register frames as others do: these are from live traces (§2.3, §10).
func TestTheForeignCashRegisterFramesAsOthersDo(t *testing.T) {
	for _, frame := range []string{
		"10 02 80 00 00 10 03 f5 1f",
		"10 02 06 00 06 12 34 56 ba 09 78 10 03 24 c3",
		"10 02 06 01 0a 04 00 00 00 01 10 10 00 49 09 78 10 03 f2 ff",
		"10 02 06 01 07 04 00 00 00 00 01 90 10 03 76 57",
		"10 02 06 d1 17 40 2a 20 2a 20 20 48 84 6e 64 6c 65 72 62 65 6c 65 67 20 20 2a 20 2a 10 03 1c 81",
		"10 02 06 00 10 10 00 00 00 be 09 78 03 01 06 06 26 04 0a 02 06 d3 10 03 d7 de",
	} {
		message, rest, short, err := unframed(unspaced(frame))
		if err != nil || short || len(rest) != 0 {
			t.Errorf("%s: cut short %v, rest % x, %v", frame, short, rest, err)
			continue
		}
		if got := hexPairs(framed(message)); got != frame {
			t.Errorf("framed again it is %s, want %s", got, frame)
		}
	}
}
