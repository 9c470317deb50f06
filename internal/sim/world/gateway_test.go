package world

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"edged/internal/sim/readersim"
	"edged/internal/sim/saassim"
)

const machineID = "2412090001"

func goods() []saassim.Goods {
	return []saassim.Goods{
		{ID: "water", Name: "Water", PriceMinor: 150, Door: 1},
		{ID: "juice", Name: "Juice", PriceMinor: 275, Door: 1},
		{ID: "nuts", Name: "Nuts", PriceMinor: 399, Door: 1},
	}
}

func worldOptions() Options {
	return Options{
		SaaS: saassim.Options{
			AppID: "P", Key: "k", Secret: "s", DetectAfter: 300 * time.Millisecond,
			Machines: []saassim.Machine{{ID: machineID, PreAuthorLimit: "50", Currency: "EUR", Goods: goods()}},
		},
		Lanes: []LaneOptions{{Name: "front", Doors: []DoorRef{{MachineID: machineID, Door: 1}}}},
	}
}

func planOptions(n int, faults bool) PlanOptions {
	return PlanOptions{
		Seed: 1, N: n, Faults: faults, Lane: "front", Goods: goods(),
		OpenDeadline: 4 * time.Second, ResolveWindow: 8 * time.Second, Decision: 12 * time.Second,
	}
}

// gateway sells in the plainest way there is: one order after the other, in memory.
type gateway struct {
	t    *testing.T
	w    *World
	conn net.Conn
	buf  []byte

	mu     sync.Mutex
	token  string
	orders map[string]*sale
}

type sale struct {
	no       string
	opened   bool
	decided  chan int64 // total; -1 gives everything back
	verdicts int
}

// inWorld runs f with a world and a gateway, in a bubble.
func inWorld(t *testing.T, o Options, f func(context.Context, *World, *gateway)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		g := &gateway{t: t, orders: map[string]*sale{}}
		o.SaaS.Client = &http.Client{Transport: g}
		w, err := New(o)
		if err != nil {
			t.Fatal(err)
		}
		g.w = w
		done := make(chan error, 2)
		go func() { done <- w.Run(ctx) }()
		time.Sleep(3 * time.Second) // the terminal boots
		here, there := net.Pipe()
		g.conn = here
		go func() { _ = w.Lanes["front"].Terminal.Attach(ctx, there, readersim.TCP) }()
		synctest.Wait()
		go func() { g.sell(ctx); done <- nil }()
		f(ctx, w, g)
		cancel()
		here.Close()
		for range 2 {
			if err := <-done; err != nil {
				t.Errorf("ended with %v", err)
			}
		}
	})
}

// ask sends one command and follows its dialogue; it returns the last Status
// Information with result 00, or nil.
func (g *gateway) ask(apdu ...byte) ([]byte, error) {
	if _, err := g.conn.Write(apdu); err != nil {
		return nil, err
	}
	var info []byte
	for {
		m, err := g.read()
		if err != nil {
			return nil, err
		}
		switch {
		case m[0] == 0x80:
			continue
		case m[0] == 0x84:
			return nil, nil
		case m[0] == 0x04 && m[1] == 0x0F && m[4] == 0:
			info = m[3:]
		}
		if _, err := g.conn.Write([]byte{0x80, 0, 0}); err != nil {
			return nil, err
		}
		switch {
		case m[0] == 0x06 && m[1] == 0x0F:
			return info, nil
		case m[0] == 0x06 && m[1] == 0x1E:
			return nil, nil
		}
	}
}

func (g *gateway) read() ([]byte, error) {
	for {
		if len(g.buf) >= 3 && len(g.buf) >= 3+int(g.buf[2]) {
			n := 3 + int(g.buf[2])
			m := g.buf[:n:n]
			g.buf = g.buf[n:]
			return m, nil
		}
		p := make([]byte, 512)
		n, err := g.conn.Read(p)
		if err != nil {
			return nil, err
		}
		g.buf = append(g.buf, p[:n]...)
	}
}

// sell is the gateway's life: wait for a card, open, decide, settle, report.
func (g *gateway) sell(ctx context.Context) {
	if _, err := g.ask(0x06, 0x00, 0x06, 0, 0, 0, 0x3E, 0x09, 0x78); err != nil {
		return
	}
	for n := 1; ctx.Err() == nil; n++ {
		info, err := g.ask(0x06, 0x22, 0x07, 0x04, 0, 0, 0, 0, 0x50, 0x00)
		if err != nil {
			return
		}
		if info == nil {
			time.Sleep(time.Second) // declined, or no room
			continue
		}
		receipt, granted := bmp(info, 0x87, 2), amount(bmp(info, 0x04, 6))
		g.purchase(ctx, fmt.Sprintf("ORDER%d", n), receipt, granted)
	}
}

// bmp finds a fixed bitmap in the simulator's own order of fields.
func bmp(info []byte, tag byte, size int) []byte {
	lengths := map[byte]int{0x27: 1, 0x04: 6, 0x0C: 3, 0x0D: 2, 0x29: 4, 0x87: 2}
	for i := 0; i < len(info); {
		t := info[i]
		n, ok := lengths[t]
		if t == 0x22 {
			n, ok = 2+int(info[i+1]&0xF)*10+int(info[i+2]&0xF), true
		}
		if !ok {
			return nil
		}
		if t == tag {
			return info[i+1 : i+1+size]
		}
		i += 1 + n
	}
	return nil
}

func amount(bcd []byte) int64 {
	v := int64(0)
	for _, b := range bcd {
		v = v*100 + int64(b>>4)*10 + int64(b&0xF)
	}
	return v
}

func (g *gateway) purchase(ctx context.Context, id string, receipt []byte, granted int64) {
	s := &sale{decided: make(chan int64, 1)}
	g.mu.Lock()
	g.orders[id] = s
	g.mu.Unlock()
	if granted < 5000 || !g.open(id) {
		g.settle(receipt, -1, granted)
		return
	}
	total, status := int64(-1), 1
	select {
	case total = <-s.decided:
	case <-time.After(13 * time.Second):
		g.mu.Lock()
		opened := s.opened
		g.mu.Unlock()
		if !opened {
			g.settle(receipt, -1, granted)
			return
		}
		status = 2
	case <-ctx.Done():
		return
	}
	g.settle(receipt, min(total, granted), granted)
	if total >= 0 || status == 2 {
		g.report(ctx, id, s, status)
	}
}

func (g *gateway) settle(receipt []byte, total, granted int64) {
	if total <= 0 {
		_, _ = g.ask(0x06, 0x25, 0x03, 0x87, receipt[0], receipt[1])
		return
	}
	back := granted - total
	cmd := []byte{0x06, 0x23, 0x0A, 0x87, receipt[0], receipt[1], 0x04}
	for shift := int64(10_000_000_000); shift > 0; shift /= 100 {
		two := back / shift % 100
		cmd = append(cmd, byte(two/10<<4|two%10))
	}
	_, _ = g.ask(cmd...)
}

// call posts to the SaaS, with a login when one is needed. ok: HTTP 200 and JSON.
func (g *gateway) call(path, body string) (map[string]any, bool) {
	for range 2 {
		r := httptest.NewRequest(http.MethodPost, path, strings.NewReader(body))
		g.mu.Lock()
		r.Header.Set("Authorization", "Bearer "+g.token)
		g.mu.Unlock()
		w := httptest.NewRecorder()
		if aborted(func() { g.w.SaaS.ServeHTTP(w, r) }) {
			return nil, false
		}
		var a map[string]any
		if w.Code != http.StatusOK && w.Code != http.StatusUnauthorized || json.Unmarshal(w.Body.Bytes(), &a) != nil {
			return nil, false
		}
		if value(a, "statusCode") != 401.0 {
			return a, true
		}
		g.login()
	}
	return nil, false
}

func (g *gateway) login() {
	a, _ := g.call("/OpenApi/Login", `{"appID":"P","key":"k","secret":"s"}`)
	data, _ := value(a, "data").(map[string]any)
	g.mu.Lock()
	g.token, _ = value(data, "token").(string)
	g.mu.Unlock()
}

// value reads a member whatever its case.
func value(m map[string]any, name string) any {
	for k, v := range m {
		if strings.EqualFold(k, name) {
			return v
		}
	}
	return nil
}

func aborted(f func()) (ended bool) {
	defer func() {
		if r := recover(); r != nil {
			ended = true
		}
	}()
	f()
	return false
}

// open asks for the door, once more if there is no answer.
func (g *gateway) open(id string) bool {
	body := fmt.Sprintf(`{"orderId":%q,"machineId":%q,"doorNo":1,"transeType":0,"timeSp":1,"NotifyUrl":"http://gw/%s"}`, id, machineID, id)
	for range 2 {
		a, ok := g.call("/OpenApi/Order/OpenDoor", body)
		data, _ := value(a, "data").(map[string]any)
		if ok && data != nil {
			return value(data, "status") == true
		}
	}
	return true // in doubt
}

func (g *gateway) report(ctx context.Context, id string, s *sale, status int) {
	g.mu.Lock()
	no := s.no
	g.mu.Unlock()
	body := fmt.Sprintf(`{"OrderId":%q,"OrderNo":%q,"PayType":0,"PayStatus":%d}`, id, no, status)
	for ctx.Err() == nil {
		if a, ok := g.call("/OpenApi/Order/ReportPaymentResult", body); ok && value(a, "data") == true {
			return
		}
		time.Sleep(time.Second)
	}
}

// RoundTrip takes a callback.
func (g *gateway) RoundTrip(r *http.Request) (*http.Response, error) {
	b, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	code := http.StatusOK
	var in map[string]any
	switch {
	case len(b) > 256<<10:
		code = http.StatusRequestEntityTooLarge
	case json.Unmarshal(b, &in) != nil, r.URL.Path != fmt.Sprint("/", value(in, "orderId")), !g.hear(in):
		code = http.StatusBadRequest
	}
	return &http.Response{StatusCode: code, Body: io.NopCloser(strings.NewReader("{}")), Request: r}, nil
}

func (g *gateway) hear(in map[string]any) bool {
	id, _ := value(in, "orderId").(string)
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.orders[id]
	if s == nil {
		return false
	}
	s.no, _ = value(in, "orderNo").(string)
	switch value(in, "action") {
	case saassim.ActionOpened:
		s.opened = true
	case saassim.ActionCancel:
		if !s.opened {
			s.decide(-1)
		}
	case saassim.ActionDetected, saassim.ActionSettled:
		s.verdict(in)
	}
	return true
}

func (s *sale) decide(total int64) {
	if s.verdicts++; s.verdicts == 1 {
		s.decided <- total
	}
}

// verdict reads a decision; what it cannot read is none.
func (s *sale) verdict(in map[string]any) {
	data, _ := value(in, "data").(map[string]any)
	if text, ok := value(in, "data").(string); ok {
		_ = json.Unmarshal([]byte(text), &data)
	}
	if value(in, "status") != true || data == nil || value(data, "tradeProcessMode") == 2.0 {
		return
	}
	if value(data, "tradeProcessMode") == 1.0 {
		s.decide(-1)
		return
	}
	total := 0.0
	lines, _ := value(data, "tradeProductModels").([]any)
	for _, l := range lines {
		m, _ := l.(map[string]any)
		price, _ := value(m, "price").(float64)
		count, _ := value(m, "buyCount").(float64)
		if price < 0 {
			return
		}
		total += float64(int64(price*100*count + 0.5001))
	}
	s.decide(int64(total))
}
