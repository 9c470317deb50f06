package wire

// ConfirmItem is one product of a restock (V2 §7).
type ConfirmItem struct {
	CommodityID string
	LayerNo     int
	SpotCount   int // how many were put in
	StockCount  int // how many are there now
	Sno         int
}

// ConfirmRequest confirms what was restocked (V2 §7, "testing").
type ConfirmRequest struct {
	MID        string // V2 says merchant id; configurable, the machine id by default (assumed)
	TransID    int64
	TrackingID string // ours, one per session (assumed)
	DoorNo     int
	Data       []ConfirmItem
}

// Append writes the request.
func (r ConfirmRequest) Append(dst []byte) ([]byte, error) {
	err := need("Confirm",
		present("Mid", r.MID),
		present("TrackingId", r.TrackingID),
		check{"TransId is not known", r.TransID > 0},
		check{"DoorNo is negative", r.DoorNo >= 0},
		check{"Data is empty", len(r.Data) > 0})
	if err != nil {
		return dst, err
	}
	items := make([]tree, 0, len(r.Data))
	for _, i := range r.Data {
		items = append(items, tree{
			{"commodityId", i.CommodityID},
			{"layerNo", i.LayerNo},
			{"spotCount", i.SpotCount},
			{"stockCount", i.StockCount},
			{"sno", i.Sno},
		})
	}
	return appendTree(dst, tree{
		{"mid", r.MID},
		{"transId", r.TransID},
		{"trackingId", r.TrackingID},
		{"doorNo", r.DoorNo},
		{"data", items},
	}, Pascal), nil
}

// DecodeConfirmRequest reads the request, for the simulator.
func DecodeConfirmRequest(b []byte) (ConfirmRequest, error) {
	f, err := openRequest(b)
	if err != nil {
		return ConfirmRequest{}, err
	}
	r := ConfirmRequest{
		MID:        f.requiredID("mid"),
		TransID:    f.integer("transId"),
		TrackingID: f.requiredID("trackingId"),
		DoorNo:     f.small("doorNo"),
	}
	f.require("transId")
	list, ok := f.require("data")
	if !ok || f.err != nil {
		return r, f.err
	}
	entries, err := list.elements(maxEntries)
	if err != nil {
		return r, err
	}
	for _, entry := range entries {
		item, err := decodeConfirmItem(entry)
		if err != nil {
			return r, err
		}
		r.Data = append(r.Data, item)
	}
	return r, nil
}

func decodeConfirmItem(v value) (ConfirmItem, error) {
	f, err := v.fields()
	if err != nil {
		return ConfirmItem{}, err
	}
	item := ConfirmItem{
		CommodityID: f.requiredID("commodityId"),
		LayerNo:     f.small("layerNo"),
		SpotCount:   f.small("spotCount"),
		StockCount:  f.small("stockCount"),
		Sno:         f.small("sno"),
	}
	return item, f.err
}

// ConfirmAnswer is what Confirm returns, bare in V2.
type ConfirmAnswer struct {
	TrackingID string
	TransID    int64
	Success    bool
	Message    string
}

// DecodeConfirm reads the answer to Confirm. Success false is a *Refusal.
func DecodeConfirm(b []byte) (ConfirmAnswer, error) {
	f, err := openData(b)
	if err != nil {
		return ConfirmAnswer{}, err
	}
	success, known := f.boolean("success")
	a := ConfirmAnswer{
		TrackingID: f.id("trackingId"),
		TransID:    f.lenientInteger("transId"),
		Success:    success,
		Message:    f.text("message"),
	}
	if !known {
		f.fail(&FormatError{f.at.off, join(f.at.path, "success"), "missing", ErrShape})
	}
	if f.err == nil && !success {
		return a, &Refusal{Msg: a.Message}
	}
	return a, f.err
}

func (a ConfirmAnswer) answer() any {
	return tree{
		{"trackingId", a.TrackingID},
		{"transId", a.TransID},
		{"success", a.Success},
		{"message", a.Message},
	}
}
