package fakemdb

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"edged/internal/money"
	"edged/internal/serialdev/termtest"
)

func TestConformance(t *testing.T) {
	termtest.Run(t, func(t *testing.T) termtest.Rig {
		a := &adapter{state: "OFF", ready: make(chan struct{})}
		reader := New(Options{Lane: "front", Open: a.open})
		return termtest.Rig{
			Terminal: reader,
			Power:    a.run,
			Tap:      a.tap,
			Cut:      a.cut,
			Commits:  a.commits,
			Ledger:   a.ledger,
		}
	})
}

// adapter is the other end: adapter, reader and issuer in one. It keeps polling the
// reader while nobody is on the line.
type adapter struct {
	ready chan struct{}
	wg    sync.WaitGroup

	mu        sync.Mutex
	line      net.Conn
	off       bool
	state     string // OFF, INIT, IDLE, CREDIT, RESULT
	waiting   bool   // a card is held to a reader that takes none yet
	asked     money.Minor
	holds     []termtest.Entry
	committed int
}

const funds = money.Minor(5000)

func (a *adapter) run(ctx context.Context) {
	close(a.ready)
	<-ctx.Done()
	a.mu.Lock()
	a.off = true
	a.mu.Unlock()
	a.cut()
	a.wg.Wait()
}

func (a *adapter) open(ctx context.Context) (io.ReadWriteCloser, error) {
	<-a.ready
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.off {
		return nil, errors.New("no adapter")
	}
	driver, mine := net.Pipe()
	a.line = mine
	a.wg.Go(func() {
		for s := bufio.NewScanner(mine); s.Scan(); {
			if answer := a.hear(s.Text()); answer != "" {
				fmt.Fprintf(mine, "d,%s\r\n", answer)
			}
		}
	})
	return driver, nil
}

func (a *adapter) cut() {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.line != nil {
		a.line.Close()
	}
}

// hear obeys a command of group D (mdb.md §10.3) and returns the status.
func (a *adapter) hear(command string) string {
	a.mu.Lock()
	defer a.mu.Unlock()
	amount, isRequest := strings.CutPrefix(command, "D,REQ,")
	switch {
	case command == "D,STATUS":
	case command == "D,0", command == "D,1":
		a.settle(true) // a reset between approval and success is success (§7)
		a.state = "INIT"
	case command == "D,READER,1" && a.state == "INIT":
		a.state = "IDLE"
		if a.waiting {
			a.begin()
		}
	case command == "D,READER,0" && a.state == "IDLE":
		a.state = "INIT"
	case isRequest && a.state == "CREDIT":
		a.asked, a.state = parseAmount(strings.Split(amount, ",")[0]), "RESULT"
	case command == "D,END" && (a.state == "CREDIT" || a.state == "RESULT"):
		a.settle(true)
		a.state = "INIT"
	case command == "D,END,-1" && a.state == "RESULT":
		a.settle(false)
		a.state = "INIT"
	default:
		return `ERR,"-1"`
	}
	return a.status()
}

func (a *adapter) status() string {
	switch a.state {
	case "INIT":
		return "STATUS,INIT,0"
	case "CREDIT":
		return "STATUS,CREDIT," + amount(funds) + ",-1"
	case "RESULT":
		return "STATUS,RESULT,1," + amount(a.asked)
	}
	return "STATUS," + a.state
}

func (a *adapter) begin() {
	a.waiting, a.state = false, "CREDIT"
	a.holds = append(a.holds, termtest.Entry{Held: funds, Open: true})
}

// settle ends the session: an approved amount is taken if take, or else restored.
func (a *adapter) settle(take bool) {
	if a.state != "CREDIT" && a.state != "RESULT" {
		return
	}
	h := &a.holds[len(a.holds)-1]
	h.Open = false
	if a.state == "RESULT" && take {
		h.Captured += a.asked
		h.Captures++
		a.committed++
	}
}

func (a *adapter) tap() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.waiting = true
	if a.state == "IDLE" {
		a.begin()
		line := a.line
		a.wg.Go(func() { fmt.Fprintf(line, "d,%s\r\n", "STATUS,CREDIT,"+amount(funds)+",-1") })
	}
}

func (a *adapter) commits() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.committed
}

func (a *adapter) ledger() []termtest.Entry {
	a.mu.Lock()
	defer a.mu.Unlock()
	return append([]termtest.Entry(nil), a.holds...)
}
