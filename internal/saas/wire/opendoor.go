package wire

// TranseType is why a door is opened (V2 §5).
type TranseType int

// The kinds of opening. V2's own sample sends 1, which its table does not define.
const (
	Buy     TranseType = 0
	Restock TranseType = 2
)

// OpenDoorRequest asks for a door to be opened (V2 §5; restocking V2 §6).
type OpenDoorRequest struct {
	OrderID         string // ours; the only idempotency key there is
	MachineID       string
	DoorNo          int
	TranseType      TranseType
	CustomerDetails string
	TimeSp          int64  // unix seconds in V2's sample
	NotifyURL       Secret // its path carries the mac
	Remark          string // at most 128 characters
}

// Append writes the request with the names of V2's sample.
func (r OpenDoorRequest) Append(dst []byte) ([]byte, error) {
	err := need("OpenDoor",
		present("orderId", r.OrderID),
		present("machineId", r.MachineID),
		present("NotifyUrl", r.NotifyURL.Reveal()),
		within("remark", r.Remark, 128),
		check{"transeType must be 0 or 2", r.TranseType == Buy || r.TranseType == Restock},
		check{"doorNo is negative", r.DoorNo >= 0})
	if err != nil {
		return dst, err
	}
	return appendTree(dst, tree{
		{"orderId", r.OrderID},
		{"machineId", r.MachineID},
		{"doorNo", r.DoorNo},
		{"transeType", int(r.TranseType)},
		{"customerDetails", r.CustomerDetails},
		{"timeSp", r.TimeSp},
		{"NotifyUrl", r.NotifyURL.Reveal()},
		{"remark", r.Remark},
	}, Camel), nil
}

// DecodeOpenDoorRequest reads the request, for the simulator.
func DecodeOpenDoorRequest(b []byte) (OpenDoorRequest, error) {
	f, err := openRequest(b)
	if err != nil {
		return OpenDoorRequest{}, err
	}
	f.require("doorNo")
	f.require("transeType")
	r := OpenDoorRequest{
		OrderID:         f.requiredID("orderId"),
		MachineID:       f.requiredID("machineId"),
		DoorNo:          f.small("doorNo"),
		TranseType:      TranseType(f.small("transeType")),
		CustomerDetails: f.text("customerDetails"),
		TimeSp:          f.integer("timeSp"),
		NotifyURL:       f.url("notifyUrl"),
		Remark:          f.text("remark"),
	}
	return r, f.err
}

// maxURL is what browsers and proxies take.
const maxURL = 2048

// url reads a URL that must be there.
func (f *fields) url(name string) Secret {
	v, ok := f.require(name)
	if !ok {
		return Secret{}
	}
	s, err := v.literal()
	if err == nil && (s == "" || len(s) > maxURL) {
		err = &FormatError{v.off, v.path, "want 1 to 2048 bytes", ErrShape}
	}
	if err != nil {
		f.fail(err)
	}
	return NewSecret(s)
}

// OpenDoorAnswer is what OpenDoor and OpenDoorMethod return (V2 §5).
type OpenDoorAnswer struct {
	OrderID    string // "" if not said
	TranseType TranseType
	Action     Action
	Status     bool
	Msg        string
	TransID    string // V2.1.2: the key of the queries; "" if not said
}

// DecodeOpenDoor reads the answer to OpenDoor. An answer whose status is false is
// a *Refusal with the SaaS's words; the answer is valid in that case too.
func DecodeOpenDoor(b []byte) (OpenDoorAnswer, error) {
	f, err := openData(b)
	if err != nil {
		return OpenDoorAnswer{}, err
	}
	status, known := f.boolean("status")
	a := OpenDoorAnswer{
		OrderID:    f.id("orderId"),
		TranseType: TranseType(f.small("transeType")),
		Action:     parseAction(f.text("action")),
		Status:     status,
		Msg:        f.text("msg"),
		TransID:    f.id("transId"),
	}
	if !known {
		f.fail(&FormatError{f.at.off, join(f.at.path, "status"), "missing", ErrShape})
	}
	if f.err == nil && !status {
		return a, &Refusal{Msg: a.Msg}
	}
	return a, f.err
}

func (a OpenDoorAnswer) answer() any {
	return tree{
		{"orderId", a.OrderID},
		{"transeType", int(a.TranseType)},
		{"action", string(a.Action)},
		{"status", a.Status},
		{"msg", a.Msg},
		{"data", nil},
		{"transId", orNull(a.TransID)},
	}
}
