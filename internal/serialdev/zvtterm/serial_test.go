package zvtterm

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/serialdev/zvt"
)

// onLine runs f with a serial link and the other end of its line, in a bubble.
func onLine(t *testing.T, f func(t *testing.T, s *serialLink, peer net.Conn)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ours, peer := net.Pipe()
		w := newWire(ours)
		defer func() { _ = w.close() }()
		f(t, &serialLink{wire: w, timers: DefaultTimers(), log: slog.New(slog.DiscardHandler)}, peer)
	})
}

var (
	ackFrame    = zvt.AppendFrame(nil, []byte{0x80, 0, 0})
	statusFrame = zvt.AppendFrame(nil, []byte{0x04, 0xFF, 0x01, 0x0A})
)

func TestHowAFrameIsSent(t *testing.T) {
	const silence, frame = 0, 1
	tests := []struct {
		name  string
		reply []byte // one for each transmission: ACK, NAK, silence, or a frame
		sends int
		took  time.Duration
		want  sent
		err   error
	}{
		{"taken at once", []byte{zvt.ACK}, 1, 0, sent{began: true, taken: true}, nil},
		{"asked for again", []byte{zvt.NAK, zvt.ACK}, 2, 0, sent{began: true, taken: true}, nil},
		{"acknowledged after silence, maybe by a terminal that has lost the dialogue", []byte{silence, silence, zvt.ACK}, 3, 10 * time.Second, sent{began: true, silent: true}, nil},
		{"not more than three times", []byte{zvt.NAK, zvt.NAK, zvt.NAK}, 3, 0, sent{began: true}, errNotTaken},
		{"silence to the end", []byte{silence, silence, silence}, 3, 15 * time.Second, sent{began: true, silent: true}, errNotTaken},
		{"crossed by a command of the terminal", []byte{frame}, 1, 0, sent{began: true}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onLine(t, func(t *testing.T, s *serialLink, peer net.Conn) {
				sends := 0
				go func() {
					defer peer.Close()
					buf := make([]byte, len(ackFrame))
					for _, r := range tt.reply {
						if _, err := io.ReadFull(peer, buf); err != nil || !bytes.Equal(buf, ackFrame) {
							t.Errorf("got % X, %v, want the frame", buf, err)
						}
						sends++
						switch r {
						case silence:
						case frame:
							_, _ = peer.Write(statusFrame)
							_, _ = io.ReadFull(peer, buf[:1])
							if buf[0] != zvt.ACK {
								t.Errorf("the crossing frame was answered by %02X, want 06", buf[0])
							}
						default:
							_, _ = peer.Write([]byte{r})
						}
					}
					_, _ = io.Copy(io.Discard, peer)
				}()
				before := time.Now()
				got, err := s.send(t.Context(), []byte{0x80, 0, 0})
				synctest.Wait()
				if got != tt.want || !errors.Is(err, tt.err) || sends != tt.sends {
					t.Errorf("sent %+v, %v, in %d transmissions, want %+v, %v, in %d", got, err, sends, tt.want, tt.err, tt.sends)
				}
				if took := time.Since(before); took != tt.took {
					t.Errorf("took %v, want %v", took, tt.took)
				}
			})
		})
	}
}

func TestHowAFrameIsReceived(t *testing.T) {
	broken := bytes.Clone(statusFrame)
	broken[len(broken)-1] ^= 0xFF
	tests := []struct {
		name    string
		input   [][]byte      // with gap between them
		gap     time.Duration //
		answers string        // what goes back: 06 and 15
		err     error
	}{
		{"a frame", [][]byte{statusFrame}, 0, "06", nil},
		{"byte by byte within T1", split(statusFrame, 1), 199 * time.Millisecond, "06", nil},
		{"a frame that stops short is asked for again", [][]byte{statusFrame[:7], statusFrame}, time.Second, "15 06", nil},
		{"a wrong checksum is asked for again", [][]byte{broken, statusFrame}, time.Second, "15 06", nil},
		{"an illegal byte after DLE is answered when the line is silent", [][]byte{{0x10, 0x02, 0x04, 0x10, 0x55, 0x06, 0x15}, statusFrame}, time.Second, "15 06", nil},
		{"noise between frames is skipped", [][]byte{{0x00, 0xFF, 0x06, 0x15, 0x10}, statusFrame}, time.Second, "06", nil},
		{"eleven broken frames are enough", repeat(broken, 11), time.Second, strings.TrimSpace(strings.Repeat("15 ", 10)), errGarbage},
		{"noise is not an answer", repeat([]byte{0x55, 0xAA, 0x06}, 600), 100 * time.Millisecond, "", errTimeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			onLine(t, func(t *testing.T, s *serialLink, peer net.Conn) {
				var answers bytes.Buffer
				ctx, stop := context.WithCancel(t.Context())
				var wg sync.WaitGroup
				defer wg.Wait()
				defer peer.Close()
				defer stop()
				wg.Go(func() { _, _ = io.Copy(&answers, peer) })
				wg.Go(func() {
					for _, b := range tt.input {
						if _, err := peer.Write(b); err != nil || ctx.Err() != nil {
							return
						}
						time.Sleep(tt.gap)
					}
				})
				got, err := s.recv(t.Context(), time.Now().Add(30*time.Second), nil)
				synctest.Wait()
				if !errors.Is(err, tt.err) || err == nil && !bytes.Equal(got, []byte{0x04, 0xFF, 0x01, 0x0A}) {
					t.Errorf("received % X, %v, want the status or %v", got, err, tt.err)
				}
				if s := spaced(answers.Bytes()); s != tt.answers {
					t.Errorf("answered %q, want %q", s, tt.answers)
				}
			})
		})
	}
}

func TestNothingIsSentIntoAFrame(t *testing.T) {
	onLine(t, func(t *testing.T, s *serialLink, peer net.Conn) {
		defer peer.Close()
		go func() { _, _ = io.Copy(io.Discard, peer) }()
		wake := make(chan struct{})
		close(wake)
		half := len(statusFrame) / 2
		_, _ = peer.Write(statusFrame[:half])
		synctest.Wait()
		go func() {
			time.Sleep(100 * time.Millisecond)
			_, _ = peer.Write(statusFrame[half:])
		}()
		got, err := s.recv(t.Context(), time.Now().Add(time.Minute), wake)
		if err != nil || len(got) == 0 {
			t.Errorf("received % X, %v, want the whole frame before the wish", got, err)
		}
		if _, err := s.recv(t.Context(), time.Now().Add(time.Minute), wake); !errors.Is(err, errWake) {
			t.Errorf("received %v, want the wish", err)
		}
	})
}

func split(b []byte, n int) (parts [][]byte) {
	for ; len(b) > 0; b = b[n:] {
		parts = append(parts, b[:n])
	}
	return parts
}

func repeat(b []byte, n int) (parts [][]byte) {
	for range n {
		parts = append(parts, b)
	}
	return parts
}

func spaced(b []byte) string {
	const digits = "0123456789ABCDEF"
	var s []string
	for _, x := range b {
		s = append(s, string([]byte{digits[x>>4], digits[x&15]}))
	}
	return strings.Join(s, " ")
}
