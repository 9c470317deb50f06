package wire

import "time"

// OrderState is how far the SaaS says an order is (V2.1.2).
type OrderState int

// The states V2.1.2 names.
const (
	OrderInProgress OrderState = 1
	OrderCompleted  OrderState = 4
	OrderCancelled  OrderState = 8
)

// OrderQuery is the answer to the queries by TransId of V2.1.2: OpenDoor/{id} and
// Order/{id}/Detail, which adds the last four fields. Neither carries an OrderNo.
type OrderQuery struct {
	OrderID       string
	TranseType    TranseType
	MachineID     string
	OpenDoorTime  time.Time // zero if not said or not readable; without a zone it is taken as UTC (assumed)
	CloseDoorTime time.Time
	State         OrderState
	// Detection is the recognition result; HasDetection is false for null or "".
	Detection    Detection
	HasDetection bool

	Detected     bool
	CreateTime   time.Time
	VideoMainURL string
	VideoViceURL string
}

// DecodeOrderQuery reads the answer to either query.
func DecodeOrderQuery(b []byte) (OrderQuery, error) {
	f, err := openData(b)
	if err != nil {
		return OrderQuery{}, err
	}
	q := OrderQuery{
		OrderID:       f.requiredID("orderId"),
		TranseType:    TranseType(f.small("transeType")),
		MachineID:     f.id("machineId"),
		OpenDoorTime:  f.timestamp("openDoorTime"),
		CloseDoorTime: f.timestamp("closeDoorTime"),
		State:         OrderState(f.small("state")),
		CreateTime:    f.timestamp("createTime"),
		VideoMainURL:  f.text("videoMainUrl"),
		VideoViceURL:  f.text("videoViceUrl"),
	}
	f.require("state")
	q.Detected, _ = f.boolean("detected")
	if v, ok := f.get("detectResult"); ok && string(v.raw) != `""` {
		q.HasDetection = true
		q.Detection = decodeDetection(v)
	}
	return q, f.err
}

// timestamp reads a time; one that cannot be read is not worth an error.
func (f *fields) timestamp(name string) time.Time {
	v, ok := f.get(name)
	if !ok || v.kind() != "string" {
		return time.Time{}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", time.DateTime} {
		if t, err := time.Parse(layout, v.unquote()); err == nil {
			return t.UTC()
		}
	}
	return time.Time{}
}

func (q OrderQuery) answer() any {
	var result any
	if q.HasDetection {
		result = q.Detection.tree()
	}
	return tree{
		{"orderId", q.OrderID},
		{"transeType", int(q.TranseType)},
		{"machineId", q.MachineID},
		{"createTime", timeOrNull(q.CreateTime)},
		{"openDoorTime", timeOrNull(q.OpenDoorTime)},
		{"closeDoorTime", timeOrNull(q.CloseDoorTime)},
		{"detectResult", result},
		{"detected", q.Detected},
		{"state", int(q.State)},
		{"videoMainUrl", orNull(q.VideoMainURL)},
		{"videoViceUrl", orNull(q.VideoViceURL)},
	}
}

func timeOrNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// VideoStatus is whether an order's video is there (V2.1.2).
type VideoStatus int

// The states of a video.
const (
	VideoPending   VideoStatus = -1
	VideoDone      VideoStatus = 0
	VideoNone      VideoStatus = 1
	VideoRetry     VideoStatus = 2
	VideoUploading VideoStatus = 3
)

// OrderVideo is the answer to Order/Video (V2.1.2).
type OrderVideo struct {
	OrderID      string
	TranseType   TranseType
	MachineID    string
	VideoMainURL string
	VideoViceURL string
	VideoStatus  VideoStatus
}

// DecodeOrderVideo reads the answer to Order/Video.
func DecodeOrderVideo(b []byte) (OrderVideo, error) {
	f, err := openData(b)
	if err != nil {
		return OrderVideo{}, err
	}
	f.require("videoStatus")
	v := OrderVideo{
		OrderID:      f.id("orderId"),
		TranseType:   TranseType(f.small("transeType")),
		MachineID:    f.id("machineId"),
		VideoMainURL: f.text("videoMainUrl"),
		VideoViceURL: f.text("videoViceUrl"),
		VideoStatus:  VideoStatus(f.small("videoStatus")),
	}
	return v, f.err
}

func (v OrderVideo) answer() any {
	return tree{
		{"orderId", v.OrderID},
		{"transeType", int(v.TranseType)},
		{"machineId", v.MachineID},
		{"videoMainUrl", orNull(v.VideoMainURL)},
		{"videoViceUrl", orNull(v.VideoViceURL)},
		{"videoStatus", int(v.VideoStatus)},
	}
}
