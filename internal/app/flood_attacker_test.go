package app

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"syscall"
	"testing"
	"time"

	"edged/internal/saas/wire"
)

// attackerEnv makes the test binary an attacker: it reads its plan from stdin, floods
// until stdin ends, and writes what it was told to stdout. A process of its own shares
// neither heap nor scheduler with the daemon.
const attackerEnv = "EDGED_TEST_ATTACKER"

func TestMain(m *testing.M) {
	if os.Getenv(attackerEnv) != "" {
		if err := attack(os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// shot is one kind of hostile request, whole as it goes over the wire.
type shot struct {
	Kind  string
	Bytes []byte
	Keeps bool // the connection is used again
}

// attackPlan is a flood: its shots in turns, so many a second.
type attackPlan struct {
	Addr  string // "": a server in the attacker's own process
	Rate  int
	Shots []shot
}

// attackTally is what became of a flood.
type attackTally struct {
	Took     time.Duration
	Answered map[string]map[int]int // by kind and status; 0: no answer
}

// total is the number of requests, perSecond that of those that had an answer.
func (a attackTally) total() (sent, answered int) {
	for _, by := range a.Answered {
		for status, n := range by {
			sent += n
			if status != 0 {
				answered += n
			}
		}
	}
	return sent, answered
}

// attackers is how many connections an attacker has at once.
const attackers = 128

func attack(in io.Reader, out io.Writer) error {
	var p attackPlan
	dec := json.NewDecoder(in)
	if err := dec.Decode(&p); err != nil {
		return err
	}
	stop := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, dec.Buffered())
		_, _ = io.Copy(io.Discard, in)
		close(stop)
	}()
	if p.Addr == "" {
		end, err := p.serveItself()
		if err != nil {
			return err
		}
		defer end()
	}
	tally := attackTally{Answered: map[string]map[int]int{}}
	for _, s := range p.Shots {
		tally.Answered[s.Kind] = map[int]int{}
	}
	var mu sync.Mutex
	var all sync.WaitGroup
	began := time.Now()
	for i := range attackers {
		all.Go(func() {
			p.shoot(i, stop, func(kind string, status int) {
				mu.Lock()
				defer mu.Unlock()
				tally.Answered[kind][status]++
			})
		})
	}
	all.Wait()
	tally.Took = time.Since(began)
	return json.NewEncoder(out).Encode(tally)
}

// serveItself makes the plan aim at a server that refuses everything.
func (p *attackPlan) serveItself() (end func(), err error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	srv := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusNotFound)
	})}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = srv.Serve(ln)
	}()
	p.Addr = ln.Addr().String()
	return func() {
		_ = srv.Close()
		<-done
	}, nil
}

// shoot is one attacker. It does not catch up on what it could not send in time.
func (p attackPlan) shoot(i int, stop chan struct{}, told func(string, int)) {
	every := time.Second * attackers / time.Duration(p.Rate)
	next := time.Now().Add(every * time.Duration(i) / attackers)
	var kept *barrel
	defer func() { kept.close() }()
	for n := i; ; n++ {
		select {
		case <-stop:
			return
		case <-time.After(time.Until(next)):
		}
		if next = next.Add(every); time.Since(next) > time.Second {
			next = time.Now()
		}
		s := p.Shots[n%len(p.Shots)]
		if !s.Keeps {
			l := dialBarrel(p.Addr)
			told(s.Kind, l.shoot(s))
			l.close()
			continue
		}
		if kept == nil {
			kept = dialBarrel(p.Addr)
		}
		status := kept.shoot(s)
		if told(s.Kind, status); status != http.StatusOK {
			kept.close()
			kept = nil
		}
	}
}

// barrel is an attacker's connection; nil is none.
type barrel struct {
	*net.TCPConn
	r *bufio.Reader
}

func dialBarrel(addr string) *barrel {
	c, err := net.DialTimeout("tcp", addr, 5*time.Second)
	if err != nil {
		return nil
	}
	tcp := c.(*net.TCPConn)
	_ = tcp.SetLinger(0) // else the ports are used up within seconds
	return &barrel{TCPConn: tcp, r: bufio.NewReader(c)}
}

func (l *barrel) close() {
	if l != nil {
		_ = l.Close()
	}
}

// shoot sends one request and gives the status of its answer, 0 if there was none.
func (l *barrel) shoot(s shot) int {
	if l == nil {
		return 0
	}
	_ = l.SetDeadline(time.Now().Add(5 * time.Second))
	_, _ = l.Write(s.Bytes) // one that is too large may be answered before it is written
	resp, err := http.ReadResponse(l.r, nil)
	if err != nil {
		return 0
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

// attacker is the process.
type attacker struct {
	t     testing.TB
	cmd   *exec.Cmd
	stdin io.WriteCloser
	out   *json.Decoder
}

func startAttacker(t testing.TB, p attackPlan) *attacker {
	t.Helper()
	a := &attacker{t: t, cmd: exec.Command(os.Args[0])}
	a.cmd.Env, a.cmd.Stderr = append(os.Environ(), attackerEnv+"=1"), t.Output()
	a.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	var errIn, errOut error
	var stdout io.Reader
	a.stdin, errIn = a.cmd.StdinPipe()
	stdout, errOut = a.cmd.StdoutPipe()
	if err := cmp.Or(errIn, errOut, a.cmd.Start()); err != nil {
		t.Fatal(err)
	}
	a.out = json.NewDecoder(stdout)
	if err := json.NewEncoder(a.stdin).Encode(p); err != nil {
		t.Fatal(err)
	}
	return a
}

// stop ends the flood and tells what it did.
func (a *attacker) stop() (tally attackTally) {
	a.t.Helper()
	_ = a.stdin.Close()
	if err := a.out.Decode(&tally); err != nil {
		a.t.Error(err)
	}
	if err := a.cmd.Wait(); err != nil {
		a.t.Errorf("the attacker: %v", err)
	}
	return tally
}

// post is a request as it goes over the wire. declared is its length; what is missing
// of it is never sent.
func post(method, path string, body []byte, declared int) []byte {
	return append(fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n", method, path, declared), body...)
}

// hostile are the kinds of a flood against an order: good is the path of its
// callbacks, of another gateway's one, and replayed a callback of it that was taken.
func hostile(order, good, foreign string, replayed []byte) []shot {
	evil := decision(order, 4999)
	latin := fmt.Appendf(nil, `{"OrderId":%q,"OrderNo":"SO-%s","Action":"OrderDetected"}`, order, "\xff\xfe\x80")
	forged := good[:len(good)-22] + "AAAAAAAAAAAAAAAAAAAAAA"
	return []shot{
		{Kind: "forged", Bytes: post("POST", forged, evil, len(evil))},
		{Kind: "replayed", Bytes: post("POST", good, replayed, len(replayed)), Keeps: true},
		{Kind: "foreign", Bytes: post("POST", foreign, evil, len(evil))},
		{Kind: "oversized", Bytes: post("POST", good, evil, 10<<20)},
		{Kind: "oversized by a little", Bytes: post("POST", forged, make([]byte, 4096), wire.MaxCallback)},
		{Kind: "cut JSON", Bytes: post("POST", good, evil[:80], 80)},
		{Kind: "no UTF-8", Bytes: post("POST", good, latin, len(latin))},
		{Kind: "method", Bytes: post("PUT", good, evil, len(evil))},
	}
}
