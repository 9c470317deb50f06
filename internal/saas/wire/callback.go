package wire

// Callback is one event that the SaaS posts to an order's NotifyUrl (V2 §11).
type Callback struct {
	OrderID         string // ours
	SaaSOrderNo     string // theirs, "" if not said; reports need it
	TranseType      TranseType
	Action          Action
	ActionText      string // what stood there, for UnknownAction
	Status          bool   // true for a door event that does not say
	Msg             string
	OrgID           string // OrderDetected only
	CustomerDetails string
	// Text is Data where it is meant for people: door events, Cancel, and a
	// decision that came as words.
	Text string
	// Detection holds the mode and lines of OrderDetected and OrderSettlement, and
	// the lines alone of OrderRefund and OrderAdjustment. Its Unreadable reason is
	// no error of the callback: "no decision".
	Detection
	RefundNo     string // OrderRefund: Data.RefundOrderNo
	RefundRemark string
	DeductionNo  string // OrderAdjustment: Data.OrderNo, else the envelope's (assumed)
}

// DecodeCallback reads a callback body of at most MaxCallback bytes. Its error is
// always a *FormatError: the body is not a callback at all, for the sender to
// repair. A decision that cannot be charged decodes without error.
func DecodeCallback(b []byte) (Callback, error) {
	v, err := parse(b, MaxCallback, "")
	if err != nil {
		return Callback{}, err
	}
	f, err := v.fields()
	if err != nil {
		return Callback{}, err
	}
	c := Callback{
		OrderID:         f.requiredID("orderId"),
		SaaSOrderNo:     f.id("orderNo"),
		TranseType:      TranseType(f.lenientSmall("transeType")),
		Msg:             f.text("msg"),
		OrgID:           f.text("orgId"),
		CustomerDetails: f.text("customerDetails"),
	}
	if action, ok := f.require("action"); ok {
		c.ActionText, _ = clip(action.words(), maxID)
		c.Action = parseAction(c.ActionText)
	}
	status, known := f.boolean("status")
	c.Status = status || !known && !c.Action.Decides()
	data, hasData := f.get("data")
	if f.err != nil {
		return Callback{}, f.err
	}
	c.readData(data, hasData)
	if c.Action.Decides() && !known {
		c.Unreadable = "Status is missing"
	}
	return c, nil
}

// readData reads Data as the action has it.
func (c *Callback) readData(data value, ok bool) {
	if ok && data.kind() == "string" {
		c.Text = data.words()
	}
	switch c.Action {
	case OrderDetected, OrderSettlement:
		c.readDecision(data, ok)
	case OrderRefund:
		c.readRefund(data, ok)
	case OrderAdjustment:
		c.readAdjustment(data, ok)
	}
}

func (c *Callback) readDecision(data value, ok bool) {
	c.Unreadable = "Data is missing"
	if ok {
		c.Detection = decodeDetection(data)
	}
	if c.Unreadable == "" {
		c.Text = ""
	}
	if !c.Status && c.Action == OrderDetected {
		// A failed recognition decides nothing whatever its Data says: that is
		// readable, and Msg tells why it failed (V2 §11.4, 2).
		c.Unreadable = ""
	}
}

func (c *Callback) readRefund(data value, ok bool) {
	f, reason := openList(data, ok)
	if reason != "" {
		c.Unreadable = reason
		return
	}
	c.RefundNo = f.id("refundOrderNo")
	if f.err != nil || c.RefundNo == "" {
		c.Unreadable = "RefundOrderNo cannot be read"
		return
	}
	c.RefundRemark = f.text("refundRemark")
	c.Lines, c.Unreadable = productList(f, "orderRefundProducts")
	c.Text = ""
}

func (c *Callback) readAdjustment(data value, ok bool) {
	f, reason := openList(data, ok)
	if reason == "" {
		c.DeductionNo = f.id("orderNo")
	}
	if c.DeductionNo == "" {
		c.DeductionNo = c.SaaSOrderNo
	}
	switch {
	case reason != "":
		c.Unreadable = reason
	case f.err != nil || c.DeductionNo == "":
		c.Unreadable = "OrderNo of the deduction cannot be read"
	default:
		c.Lines, c.Unreadable = productList(f, "orderProducts")
		c.Text = ""
	}
}

func openList(data value, ok bool) (*fields, string) {
	if !ok {
		return nil, "Data is missing"
	}
	return openDetection(data)
}

func productList(f *fields, name string) ([]Line, string) {
	list, ok := f.get(name)
	if f.err != nil || !ok {
		return nil, "the product list is missing"
	}
	return decodeLines(list)
}

// AppendCallback writes a callback as the SaaS would.
func AppendCallback(dst []byte, c Callback, s Style) []byte {
	t := tree{
		{"orderId", c.OrderID},
		{"orderNo", orNull(c.SaaSOrderNo)},
		{"transeType", int(c.TranseType)},
	}
	if c.Action == OrderDetected {
		t = append(t, branch{"orgId", orNull(c.OrgID)})
	}
	t = append(t, tree{
		{"action", c.actionText()},
		{"status", c.Status},
		{"msg", c.Msg},
		{"customerDetails", c.CustomerDetails},
		{"data", s.inForm(c.data(s))},
	}...)
	return appendTree(dst, t, s.Case)
}

// actionText is the text to write: ClosedDoor, say, rather than CloseDoor.
func (c Callback) actionText() string {
	if c.ActionText != "" {
		return c.ActionText
	}
	return string(c.Action)
}

func (c Callback) data(s Style) any {
	switch {
	case c.Text != "":
		return c.Text
	case c.Action.Decides():
		return c.tree()
	case c.Action == OrderRefund:
		return tree{
			{"refundRemark", c.RefundRemark},
			{s.refundName(), c.RefundNo},
			{"orderRefundProducts", lineTrees(c.Lines)},
		}
	case c.Action == OrderAdjustment:
		return tree{{"orderNo", c.DeductionNo}, {"orderProducts", lineTrees(c.Lines)}}
	}
	return ""
}

func (s Style) refundName() string {
	if s.Spaced {
		return "Refund Order No"
	}
	return "refundOrderNo"
}
