package saas

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"edged/internal/saas/wire"
)

// MachineInfo asks for the state of a cabinet (V2 §2).
func (c *Client) MachineInfo(ctx context.Context, machineID string) (wire.MachineInfo, error) {
	return get(ctx, c, CallMachineInfo, "/OpenApi/Machine/Info/"+url.PathEscape(machineID), wire.DecodeMachineInfo)
}

// Commoditys asks for the products of a cabinet (V2 §3).
func (c *Client) Commoditys(ctx context.Context, machineID string) (wire.Commodities, error) {
	return get(ctx, c, CallCommodities, "/OpenApi/Machine/Commoditys/"+url.PathEscape(machineID), wire.DecodeCommodities)
}

// PayConfig asks for the limit and currency of a cabinet (V2 §4).
func (c *Client) PayConfig(ctx context.Context, machineID string) (wire.PayConfig, error) {
	return get(ctx, c, CallPayConfig, "/OpenApi/Machine/PayConfig/"+url.PathEscape(machineID), wire.DecodePayConfig)
}

// QueryOpenDoor asks what became of an opening (V2.1.2), by OpenDoor's TransId.
func (c *Client) QueryOpenDoor(ctx context.Context, transID string) (wire.OrderQuery, error) {
	return get(ctx, c, CallQueryOpenDoor, "/OpenApi/Order/OpenDoor/"+url.PathEscape(transID), wire.DecodeOrderQuery)
}

// OrderDetail asks for an order (V2.1.2, deprecated there), by OpenDoor's TransId.
func (c *Client) OrderDetail(ctx context.Context, transID string) (wire.OrderQuery, error) {
	return get(ctx, c, CallOrderDetail, "/OpenApi/Order/"+url.PathEscape(transID)+"/Detail", wire.DecodeOrderQuery)
}

// OpenDoor asks for a door to be opened for a purchase (V2 §5). TimeSp is set
// here, from the SaaS's clock. expired tells whether the command's deadline is
// over; it is asked last when the connection stands and the first byte is about to
// be written, and once it has said yes nothing is written: the error then wraps
// ErrExpired. It must not block. A repeat of the call is the caller's decision.
func (c *Client) OpenDoor(ctx context.Context, r wire.OpenDoorRequest, expired func() bool) (wire.OpenDoorAnswer, error) {
	return c.open(ctx, CallOpenDoor, "/OpenApi/Order/OpenDoor", r, expired)
}

// RestockOpen asks for a door to be opened for a restock (V2 §6, "testing"); r's
// TranseType must be wire.Restock (field). Otherwise as OpenDoor.
func (c *Client) RestockOpen(ctx context.Context, r wire.OpenDoorRequest, expired func() bool) (wire.OpenDoorAnswer, error) {
	return c.open(ctx, CallRestockOpen, "/OpenApi/Repli/OpenDoorMethod", r, expired)
}

func (c *Client) open(ctx context.Context, call Call, path string, r wire.OpenDoorRequest, expired func() bool) (wire.OpenDoorAnswer, error) {
	notify := r.NotifyURL.Reveal()
	q := request{
		call: call, method: http.MethodPost, path: path, expired: expired,
		urgent: true,
		hide:   []string{notify, notify[strings.LastIndexByte(notify, '/')+1:]},
		build: func() ([]byte, error) {
			r.TimeSp = c.Now().Unix() // unix seconds in V2's sample
			return r.Append(nil)
		},
	}
	var answer wire.OpenDoorAnswer
	err := c.do(ctx, q, func(b []byte) (err error) {
		answer, err = wire.DecodeOpenDoor(b)
		return err
	})
	return answer, err
}

// RestockConfirm confirms what was restocked (V2 §7, "testing").
func (c *Client) RestockConfirm(ctx context.Context, r wire.ConfirmRequest) (wire.ConfirmAnswer, error) {
	var answer wire.ConfirmAnswer
	err := c.do(ctx, request{
		call: CallRestockConfirm, method: http.MethodPost, path: "/OpenApi/Repli/Confirm",
		build: func() ([]byte, error) { return r.Append(nil) },
	}, func(b []byte) (err error) {
		answer, err = wire.DecodeConfirm(b)
		return err
	})
	return answer, err
}

// ReportPayment sends a report (V2 §10) that wire.ReportRequest.Append wrote, byte
// for byte. nil means that the SaaS has acknowledged it.
func (c *Client) ReportPayment(ctx context.Context, body []byte) error {
	return c.do(ctx, request{
		call: CallReportPayment, method: http.MethodPost, path: "/OpenApi/Order/ReportPaymentResult",
		build: func() ([]byte, error) { return body, nil },
	}, func(b []byte) error {
		_, err := wire.DecodeReport(b)
		return err
	})
}

// get is a call without a body.
func get[T any](ctx context.Context, c *Client, call Call, path string, decode func([]byte) (T, error)) (T, error) {
	var answer T
	err := c.do(ctx, request{call: call, method: http.MethodGet, path: path}, func(b []byte) (err error) {
		answer, err = decode(b)
		return err
	})
	return answer, err
}
