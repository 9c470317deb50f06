package saassim

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// The calls, by the names that faults, points and the ledger use.
const (
	CallLogin        = "Login"
	CallInfo         = "MachineInfo"
	CallCommoditys   = "Commoditys"
	CallPayConfig    = "PayConfig"
	CallOpenDoor     = "OpenDoor"
	CallRestockOpen  = "OpenDoorMethod"
	CallConfirm      = "Confirm"
	CallReport       = "ReportPaymentResult"
	CallReportV2     = "ReportPaymentResultV2"
	CallOpenQuery    = "OpenDoorQuery"
	CallOrderDetail  = "OrderDetail"
	CallOrderVideo   = "OrderVideo"
	CallAttributes   = "Attributes"
	callUnknown      = "unknown"
	maxRequest       = 1 << 20
	codeUnauthorized = 401
)

// Calls are the names that a CallFault takes.
func Calls() []string {
	return []string{
		CallLogin, CallInfo, CallCommoditys, CallPayConfig, CallOpenDoor, CallRestockOpen, CallConfirm,
		CallReport, CallReportV2, CallOpenQuery, CallOrderDetail, CallOrderVideo, CallAttributes,
	}
}

// The points of a call: "OpenDoor received", "OpenDoor before answer",
// "OpenDoor after answer".
const (
	PointReceived     = " received"
	PointBeforeAnswer = " before answer"
	PointAfterAnswer  = " after answer"
)

// answer is what the SaaS says to a call.
type answer struct {
	status    int  // HTTP
	code      int  // in the envelope; 0 is the HTTP status
	data      any  // object, []object, bool, string or nil
	err       any  // errors
	unwrapped bool // without the envelope
}

func ok(data any) answer { return answer{status: http.StatusOK, data: data} }

// failure is an error as Furion gives it: HTTP 200, told in the envelope.
func failure(code int, msg string) answer {
	return answer{status: http.StatusOK, code: code, err: msg}
}

// route names the call and its path argument.
func route(method, path string) (call, arg string) {
	p := strings.Split(strings.Trim(path, "/"), "/")
	if len(p) < 2 || p[0] != "OpenApi" {
		return callUnknown, ""
	}
	switch key := method + " " + strings.Join(p[1:], "/"); key {
	case "POST Login":
		return CallLogin, ""
	case "POST Order/OpenDoor":
		return CallOpenDoor, ""
	case "POST Repli/OpenDoorMethod":
		return CallRestockOpen, ""
	case "POST Repli/Confirm":
		return CallConfirm, ""
	case "POST Order/ReportPaymentResult":
		return CallReport, ""
	case "POST Order/V2/ReportPaymentResult":
		return CallReportV2, ""
	}
	return routeByArgument(method, p[1:])
}

func routeByArgument(method string, p []string) (call, arg string) {
	switch {
	case len(p) != 3:
	case method == http.MethodGet && p[0] == "Machine" && p[1] == "Info":
		return CallInfo, p[2]
	case method == http.MethodGet && p[0] == "Machine" && p[1] == "Commoditys":
		return CallCommoditys, p[2]
	case method == http.MethodGet && p[0] == "Machine" && p[1] == "PayConfig":
		return CallPayConfig, p[2]
	case method == http.MethodPost && p[0] == "Machines" && p[1] == "Attributes":
		return CallAttributes, p[2]
	case method == http.MethodGet && p[0] == "Order" && p[1] == "OpenDoor":
		return CallOpenQuery, p[2]
	case method == http.MethodGet && p[0] == "Order" && p[1] == "Video":
		return CallOrderVideo, p[2]
	case method == http.MethodGet && p[0] == "Order" && p[2] == "Detail":
		return CallOrderDetail, p[1]
	}
	return callUnknown, ""
}

// ServeHTTP answers one call.
func (s *Sim) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.isCut() {
		panic(http.ErrAbortHandler)
	}
	call, arg := route(r.Method, r.URL.Path)
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	came := time.Now()
	s.point(call + PointReceived)
	orderID := orderIDOf(body)
	s.logRequest(call, orderID, body, came)
	if call == CallOpenDoor || call == CallRestockOpen {
		s.assign(body)
	}
	f, faulty := s.fault(call, orderID)
	if faulty && !f.Accepted && !f.Kind.transforms() {
		s.misbehave(w, r, f)
		return
	}
	a := s.handle(call, arg, body, r)
	if s.book.Err() != nil {
		a = answer{status: http.StatusInternalServerError, err: "ledger failed"}
	}
	s.point(call + PointBeforeAnswer)
	if faulty && !f.Kind.transforms() {
		s.misbehave(w, r, f)
	} else {
		s.write(w, r, a, f)
	}
	_ = http.NewResponseController(w).Flush()
	s.point(call + PointAfterAnswer)
	s.nudge()
}

// logRequest keeps the body, except that of a login: it is a secret.
func (s *Sim) logRequest(call, orderID string, body []byte, came time.Time) {
	e := Event{Kind: RequestSeen, Call: call, OrderID: orderID, Came: came}
	if call != CallLogin && json.Valid(body) {
		e.Body = body
	}
	s.book.Add(e)
}

func orderIDOf(body []byte) string {
	var b struct{ OrderID string }
	if json.Unmarshal(body, &b) != nil {
		return ""
	}
	return b.OrderID
}

// fault takes the fault that is due for the call: the order's own come first.
func (s *Sim) fault(call, orderID string) (CallFault, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f, ok := due(s.perOrder[orderID], call)
	if !ok {
		f, ok = due(s.faults, call)
	}
	if ok {
		s.book.Add(Event{Kind: FaultDone, Call: call, OrderID: orderID, Note: string(f.Kind)})
	}
	return f, ok
}

func (s *Sim) handle(call, arg string, body []byte, r *http.Request) answer {
	if call == CallLogin {
		return s.login(body)
	}
	if !s.authorised(r.Header.Get("Authorization")) {
		return answer{status: codeUnauthorized, code: codeUnauthorized, err: "401 Unauthorized"}
	}
	switch call {
	case CallInfo, CallCommoditys, CallPayConfig:
		return s.machine(call, arg)
	case CallOpenDoor, CallRestockOpen:
		return s.openDoor(call, body)
	case CallConfirm:
		return s.confirm(body)
	case CallReport, CallReportV2:
		return s.report(call, body)
	case CallOpenQuery, CallOrderDetail, CallOrderVideo:
		return s.query(call, arg)
	case CallAttributes:
		return ok(true)
	default:
		return nowhere(r)
	}
}

// nowhere answers what is no call: its path or its method is wrong.
func nowhere(r *http.Request) answer {
	code := http.StatusNotFound
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		if call, _ := route(method, r.URL.Path); call != callUnknown {
			code = http.StatusMethodNotAllowed
		}
	}
	return answer{status: code, code: code, err: fmt.Sprintf("%d %s", code, http.StatusText(code))}
}

// write sends an answer in the envelope {statusCode,data,succeeded,errors,extras,
// timestamp}, in the form a fault wants.
func (s *Sim) write(w http.ResponseWriter, r *http.Request, a answer, f CallFault) {
	keys, form := s.opt.Keys, AsObject
	switch f.Kind {
	case Delay:
		if !wait(r, f.For) {
			return
		}
	case PascalKey:
		keys = Pascal
	case CamelKey:
		keys = Camel
	case DataText:
		form = AsString
	case DataNull:
		form = AsNull
	}
	b := encode(a.data, keys)
	if !a.unwrapped {
		b = encode(envelope(a, inForm(a.data, form, keys)), keys)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(a.status)
	if f.Kind == Truncated {
		b = b[:len(b)/2]
	}
	_, _ = w.Write(b)
}

func envelope(a answer, data json.RawMessage) object {
	code := a.code
	if code == 0 {
		code = a.status
	}
	return object{
		{"StatusCode", code},
		{"Data", data},
		{"Succeeded", code == http.StatusOK},
		{"Errors", a.err},
		{"Extras", nil},
		{"Timestamp", time.Now().UnixMilli()},
	}
}

// misbehave answers with something else than the truth.
func (s *Sim) misbehave(w http.ResponseWriter, r *http.Request, f CallFault) {
	switch f.Kind {
	case Status:
		if f.RetryAfter != "" {
			w.Header().Set("Retry-After", f.RetryAfter)
		}
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.WriteHeader(f.Code)
		_, _ = w.Write(encode(envelope(answer{code: f.Code, err: http.StatusText(f.Code)}, json.RawMessage("null")), s.opt.Keys))
	case BodyCode:
		_, _ = w.Write(encode(envelope(answer{code: f.Code, err: http.StatusText(f.Code)}, json.RawMessage("null")), s.opt.Keys))
	case HTML:
		w.Header().Set("Content-Type", "text/html")
		code := f.Code
		if code == 0 {
			code = http.StatusOK
		}
		w.WriteHeader(code)
		_, _ = io.WriteString(w, "<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>")
	case Hang:
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	default: // Drop
		panic(http.ErrAbortHandler)
	}
}

// wait sleeps, unless the client goes first.
func wait(r *http.Request, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-r.Context().Done():
		return false
	}
}
