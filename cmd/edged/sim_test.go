package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// screenOf collects what a running command prints.
type screenOf struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *screenOf) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *screenOf) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// started runs a command as a program of its own until the test ends; told to stop as by
// Ctrl-C, it must end well.
func started(t *testing.T, args ...string) *screenOf {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	out, errs, ended := &screenOf{}, &screenOf{}, make(chan error, 1)
	cmd := exec.Command(exe, args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), asProgram+"=1"), out, errs
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { ended <- cmd.Wait() }()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(os.Interrupt)
		select {
		case err := <-ended:
			if err != nil || errs.String() != "" {
				t.Errorf("%v ended with %v: %s", args, err, errs)
			}
		case <-time.After(10 * time.Second):
			_ = cmd.Process.Kill()
			t.Errorf("%v does not end: %s", args, errs)
		}
	})
	return out
}

// awaitText waits until the command has printed it, and gives everything.
func (s *screenOf) awaitText(t *testing.T, text string) string {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for !strings.Contains(s.String(), text) {
		select {
		case <-deadline:
			t.Fatalf("it does not print %q but %q", text, s)
		case <-time.After(5 * time.Millisecond):
		}
	}
	return s.String()
}

// after is the word behind text.
func after(printed, text string) string {
	_, rest, _ := strings.Cut(printed, text)
	word, _, _ := strings.Cut(rest, "\n")
	return word
}

// A client of somebody else's logs in, opens a door and is called back.
func TestTheCloudStandsAlone(t *testing.T) {
	t.Parallel()
	base := after(started(t, "sim", "saas", "--listen", "127.0.0.1:0").awaitText(t, "\n"), "the cloud listens on ")
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls := make(chan string, 16)
	notified := &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		calls <- string(b)
	})}
	go func() { _ = notified.Serve(ln) }()
	defer notified.Close()
	token := ask1(t, "POST", base+"/OpenApi/Login", "", `{"appId":"P000000000000000","key":"key","secret":"secret"}`)
	bearer, _ := token["token"].(string)
	if bearer == "" {
		t.Fatalf("login is answered %v", token)
	}
	if pay := ask1(t, "GET", base+"/OpenApi/Machine/PayConfig/2412090001", bearer, ""); pay["preAuthorLimit"] == nil {
		t.Errorf("pay config %v", pay)
	}
	ask1(t, "POST", base+"/OpenApi/Order/OpenDoor", bearer, fmt.Sprintf(
		`{"orderId":"A1","machineId":"2412090001","doorNo":1,"transeType":0,"timeSp":%d,"notifyUrl":"http://%s/n"}`, time.Now().Unix(), ln.Addr()))
	select {
	case body := <-calls:
		if !strings.Contains(body, `"OpenedDoor"`) || !strings.Contains(body, `"A1"`) {
			t.Errorf("the first callback is %s", body)
		}
	case <-time.After(10 * time.Second):
		t.Error("nobody calls back")
	}
}

// ask1 makes one call by hand and gives the data of its answer.
func ask1(t *testing.T, method, url, bearer, body string) map[string]any {
	t.Helper()
	req, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	if bearer != "" {
		req.Header.Set("Authorization", "Bearer "+bearer)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var answer struct {
		Succeeded bool
		Data      map[string]any
		Errors    any
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || !answer.Succeeded {
		t.Fatalf("%s is answered %+v, %v", url, answer, err)
	}
	return answer.Data
}

// A cash register of somebody else's registers (ZVT 06 00): the terminal says yes (80
// 00 00) and completes (06 0F).
func TestTheTerminalStandsAloneOnTCP(t *testing.T) {
	t.Parallel()
	addr := after(started(t, "sim", "terminal", "--listen", "127.0.0.1:0").awaitText(t, "\n"), "the terminal answers at ")
	answer := registered(t, addr, 6)
	for began := time.Now(); len(answer) == 0; answer = registered(t, addr, 6) { // it boots first
		if time.Since(began) > 10*time.Second {
			t.Fatal("registration is not answered")
		}
		time.Sleep(20 * time.Millisecond)
	}
	if len(answer) < 6 || !bytes.Equal(answer[:5], []byte{0x80, 0x00, 0x00, 0x06, 0x0F}) {
		t.Errorf("registration is answered % x, want 80 00 00 06 0f …", answer)
	}
}

// registered is what a terminal says to a registration, at least that many bytes of it;
// less, if it hangs up.
func registered(t *testing.T, addr string, atLeast int) (answer []byte) {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(2 * time.Second))
	_, err = c.Write([]byte{0x06, 0x00, 0x06, 0x00, 0x00, 0x00, 0xBA, 0x09, 0x78})
	for err == nil && len(answer) < atLeast {
		b := make([]byte, 64)
		var n int
		n, err = c.Read(b)
		answer = append(answer, b[:n]...)
	}
	return answer
}

// A script says what happens to the orders and to the cards.
func TestASimulatorFollowsItsScript(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	bad := write("bad", "orders:\n  - {refuse_open: x}\n  - {refuse_opne: y}\notherwise: {keys: snake}\n")
	_, stderr, code := typed("sim", "saas", "--listen", "127.0.0.1:0", "--script", bad)
	for _, want := range []string{bad + ":3: orders[1].refuse_opne: ", bad + `:4: otherwise.keys: wrong value, got "snake", want camel or pascal`} {
		if code != exitProblem || !strings.Contains(stderr, want) {
			t.Errorf("exit code %d, %q; want %q", code, stderr, want)
		}
	}
	base := after(started(t, "sim", "saas", "--listen", "127.0.0.1:0", "--script", write("no", "orders: [{refuse_open: Machine Locked}]\n")).awaitText(t, "\n"), "the cloud listens on ")
	token := ask1(t, "POST", base+"/OpenApi/Login", "", `{"appId":"P000000000000000","key":"key","secret":"secret"}`)
	answer := askRaw(t, base+"/OpenApi/Order/OpenDoor", token["token"].(string), fmt.Sprintf(
		`{"orderId":"A1","machineId":"2412090001","doorNo":1,"transeType":0,"timeSp":%d,"notifyUrl":"http://127.0.0.1:1/n"}`, time.Now().Unix()))
	if !strings.Contains(answer, "Machine Locked") {
		t.Errorf("the first order is answered %s", answer)
	}
}

// A script says how the terminal answers: it is not ready (84 9C) the first time.
func TestTheTerminalFollowsItsScript(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "script")
	text := "terminal: {timing: {boot: 1ms}}\nfaults: [{at: rx 06 00, kind: refuse, code: 0x9c}]\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	addr := after(started(t, "sim", "terminal", "--listen", "127.0.0.1:0", "--script", file).awaitText(t, "\n"), "the terminal answers at ")
	var answers [][]byte
	for began := time.Now(); len(answers) < 2; {
		if a := registered(t, addr, 3); len(a) > 0 { // nothing: it boots
			answers = append(answers, a[:3])
		}
		if time.Since(began) > 10*time.Second {
			t.Fatalf("two registrations are answered % x", answers)
		}
	}
	if !bytes.Equal(answers[0], []byte{0x84, 0x9C, 0x00}) || !bytes.Equal(answers[1], []byte{0x80, 0x00, 0x00}) {
		t.Errorf("two registrations are answered % x, want 84 9c 00 and 80 00 00", answers)
	}
}

// A script says what display it is.
func TestTheDisplayFollowsItsScript(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "script")
	if err := os.WriteFile(file, []byte("display: {rows: 1, cols: 8, banner: HELLO}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	started(t, "sim", "display", "--pty", filepath.Join(dir, "line"), "--script", file).awaitText(t, "┌────────┐\n│HELLO   │\n└────────┘\n")
}

// askRaw makes one call by hand and gives the answer as it came.
func askRaw(t *testing.T, url, bearer, body string) string {
	t.Helper()
	req, err := http.NewRequest("POST", url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+bearer)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// What is written to the line of the display stands on the screen.
func TestTheDisplayStandsAlone(t *testing.T) {
	t.Parallel()
	link := filepath.Join(t.TempDir(), "display")
	out := started(t, "sim", "display", "--pty", link)
	var f *os.File
	deadline := time.Now().Add(10 * time.Second)
	for f == nil {
		var err error
		if f, err = os.OpenFile(link, os.O_RDWR|unix.O_NOCTTY, 0); err != nil && time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond)
	}
	defer f.Close()
	if _, err := f.WriteString("\x1b@Please take a drink"); err != nil { // ESC @: start anew
		t.Fatal(err)
	}
	out.awaitText(t, "Please take a drink")
}

// An address that is taken, a link that is a file: one line says so.
func TestASimulatorSaysWhyItCannotRun(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	file := filepath.Join(t.TempDir(), "a file")
	if err := os.WriteFile(file, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"sim", "saas", "--listen", ln.Addr().String()}, exitProblem, "address already in use"},
		{[]string{"sim", "terminal", "--listen", ln.Addr().String()}, exitProblem, "address already in use"},
		{[]string{"sim", "terminal", "--pty", file}, exitProblem, file},
		{[]string{"sim", "display", "--pty", file}, exitProblem, file},
		{[]string{"sim", "terminal"}, exitUsage, "listen pty"},
		{[]string{"sim", "terminal", "--listen", "x", "--pty", "y"}, exitUsage, "listen pty"},
		{[]string{"sim", "display"}, exitUsage, "pty replay"},
		{[]string{"sim", "toaster"}, exitUsage, `no command "toaster"`},
	} {
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		var out, errs bytes.Buffer
		code := execute(ctx, c.args, &out, &errs)
		stop()
		if code != c.code || !strings.Contains(errs.String(), c.want) {
			t.Errorf("%v: exit code %d, %q; want %d and %q", c.args, code, errs.String(), c.code, c.want)
		}
	}
	if b, err := os.ReadFile(file); err != nil || string(b) != "mine" {
		t.Errorf("the file that was in the way is now %q, %v", b, err)
	}
}
