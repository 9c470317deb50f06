package wire

import (
	"strconv"

	"github.com/govalues/decimal"
)

// MachineInfo is what the SaaS knows of a cabinet (V2 §2).
type MachineInfo struct {
	MachineID    string
	MachineName  string
	Signal       int    // 0 to 5
	Temperature  string // degrees Celsius as sent, a string in V2
	RunningState string // "whether to lock the machine"; which value means locked is not documented
	VendType     string // V2.1.2: 0001 dynamic, 0002 gravity, 0003 static, 0004 both, 0005 single gravity
}

// DecodeMachineInfo reads the answer to Machine/Info.
func DecodeMachineInfo(b []byte) (MachineInfo, error) {
	f, err := openData(b)
	if err != nil {
		return MachineInfo{}, err
	}
	m := MachineInfo{
		MachineID:    f.requiredID("machineId"),
		MachineName:  f.text("machineName"),
		Signal:       f.small("signal"),
		Temperature:  f.id("temperature"),
		RunningState: f.id("runningState"),
		VendType:     f.id("vendType"),
	}
	return m, f.err
}

// Celsius gives the temperature as a number for gauges.
func (m MachineInfo) Celsius() (float64, bool) {
	c, err := strconv.ParseFloat(m.Temperature, 64)
	return c, err == nil && c > -274 && c < 1000
}

func (m MachineInfo) answer() any {
	return tree{
		{"machineId", m.MachineID},
		{"machineName", m.MachineName},
		{"signal", m.Signal},
		{"temperature", m.Temperature},
		{"runningState", numberIfOne(m.RunningState)},
		{"vendType", orNull(m.VendType)},
	}
}

func numberIfOne(s string) any {
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n
	}
	return orNull(s)
}

// Commodity is one product that a cabinet sells (V2 §3).
type Commodity struct {
	CommodityID   string
	CommodityName string
	CommoditySKU  string
	WeightGram    decimal.Decimal
	Price         decimal.Decimal // major units
	DoorNo        int
	PictureURL    string
}

// Commodities is the answer to Machine/Commoditys.
type Commodities []Commodity

// DecodeCommodities reads the answer to Machine/Commoditys.
func DecodeCommodities(b []byte) (Commodities, error) {
	e, err := openFrame(b)
	if err != nil {
		return nil, err
	}
	if !e.hasData {
		return nil, nil // null: a cabinet without products
	}
	v, err := e.data.inner(MaxAnswer)
	if err != nil {
		return nil, err
	}
	entries, err := v.elements(maxEntries)
	if err != nil {
		return nil, err
	}
	list := make(Commodities, 0, len(entries))
	for _, entry := range entries {
		c, err := decodeCommodity(entry)
		if err != nil {
			return nil, err
		}
		list = append(list, c)
	}
	return list, nil
}

func decodeCommodity(v value) (Commodity, error) {
	f, err := v.fields()
	if err != nil {
		return Commodity{}, err
	}
	c := Commodity{
		CommodityID:   f.requiredID("commodityId"),
		CommodityName: f.text("commodityName"),
		CommoditySKU:  f.id("commoditySKU"),
		WeightGram:    f.decimal("weight"),
		Price:         f.decimal("price"),
		DoorNo:        f.small("doorNo"),
		PictureURL:    f.text("pictureUrl"),
	}
	return c, f.err
}

func (c Commodities) answer() any {
	list := make([]tree, 0, len(c))
	for _, one := range c {
		list = append(list, tree{
			{"commodityId", one.CommodityID},
			{"commodityName", one.CommodityName},
			{"commoditySKU", one.CommoditySKU},
			{"weight", one.WeightGram},
			{"price", one.Price},
			{"doorNo", one.DoorNo},
			{"pictureUrl", one.PictureURL},
		})
	}
	return list
}

// PayConfig is how a cabinet is paid for (V2 §4).
type PayConfig struct {
	MachineID      string
	PreAuthorLimit string // the hold in major units, a decimal as sent; "" if none
	Currency       string // ISO 4217, as sent
	QRCodeURL      string
}

// DecodePayConfig reads the answer to Machine/PayConfig.
func DecodePayConfig(b []byte) (PayConfig, error) {
	f, err := openData(b)
	if err != nil {
		return PayConfig{}, err
	}
	c := PayConfig{
		MachineID:      f.requiredID("machineId"),
		PreAuthorLimit: f.id("preAuthorLimit"),
		Currency:       f.id("currency"),
		QRCodeURL:      f.text("qrCodeUrl"),
	}
	return c, f.err
}

func (c PayConfig) answer() any {
	return tree{
		{"machineId", c.MachineID},
		{"preAuthorLimit", c.PreAuthorLimit},
		{"currency", c.Currency},
		{"qrCodeUrl", c.QRCodeURL},
	}
}

// ControlRequest sets an attribute of a cabinet (V2.1.2): TEMP 4 to 25 degrees
// Celsius, VOL 0 to 100.
type ControlRequest struct {
	Type  string
	Value string
}

// Append writes the request.
func (r ControlRequest) Append(dst []byte) ([]byte, error) {
	err := need("Attributes", check{"type must be TEMP or VOL", r.Type == "TEMP" || r.Type == "VOL"}, present("value", r.Value))
	if err != nil {
		return dst, err
	}
	return appendTree(dst, tree{{"type", r.Type}, {"value", r.Value}}, Camel), nil
}

// DecodeControlRequest reads the request, for the simulator.
func DecodeControlRequest(b []byte) (ControlRequest, error) {
	f, err := openRequest(b)
	if err != nil {
		return ControlRequest{}, err
	}
	r := ControlRequest{Type: f.requiredID("type"), Value: f.requiredID("value")}
	return r, f.err
}

// DecodeControl reads the answer to Machines/Attributes: only success is told.
func DecodeControl(b []byte) error {
	_, err := DecodeEnvelope(b)
	return err
}
