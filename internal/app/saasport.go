package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"edged/internal/callback"
	"edged/internal/engine"
	"edged/internal/machines"
	"edged/internal/purchase"
	"edged/internal/saas"
	"edged/internal/saas/wire"
	"edged/internal/sender"
)

// doors is the engine's SaaS over the client.
type doors struct {
	client    *saas.Client
	ring      *callback.Ring
	publicURL string
}

// OpenDoor implements engine.SaaS.
func (d doors) OpenDoor(ctx context.Context, r engine.OpenRequest) purchase.OpenAnswered {
	notify, err := d.ring.NotifyURL(d.publicURL, string(r.Order))
	if err != nil {
		return purchase.OpenAnswered{Answer: purchase.OpenNotSent, Msg: err.Error()}
	}
	req := wire.OpenDoorRequest{
		OrderID: string(r.Order), MachineID: r.MachineID, DoorNo: r.Door,
		TranseType: wire.Buy, NotifyURL: wire.NewSecret(notify),
	}
	call := d.client.OpenDoor
	if r.Restock {
		req.TranseType, call = wire.Restock, d.client.RestockOpen
	}
	answer, err := call(ctx, req, r.Expired)
	return opened(answer, err)
}

// opened turns the client's word into the event's.
func opened(a wire.OpenDoorAnswer, err error) purchase.OpenAnswered {
	if err == nil {
		return purchase.OpenAnswered{Answer: purchase.OpenAccepted, TransID: a.TransID, Msg: a.Msg}
	}
	out := purchase.OpenAnswered{Answer: purchase.OpenInDoubt, TransID: a.TransID, Msg: err.Error()}
	var failed *saas.CallError
	if !errors.As(err, &failed) {
		return out
	}
	switch failed.Outcome {
	case saas.NotSent:
		out.Answer = purchase.OpenNotSent
	case saas.Refused:
		out.Answer = purchase.OpenRefused
		if failed.Class == saas.ClassRateLimited {
			out.Answer = purchase.OpenNotSent // turned away unread: it may be asked again
		}
	}
	return out
}

// sendReport is the sender's one try over the client.
func sendReport(client *saas.Client) func(context.Context, []byte) sender.Result {
	return func(ctx context.Context, body []byte) sender.Result {
		err := client.ReportPayment(ctx, body)
		if err == nil {
			return sender.Result{Verdict: sender.Acked}
		}
		var failed *saas.CallError
		if !errors.As(err, &failed) {
			return sender.Result{Verdict: sender.Later, Reason: "other", Msg: err.Error()}
		}
		return sender.Result{Verdict: reportVerdict(failed), Reason: string(failed.Class), Msg: failed.Error(), RetryAfter: failed.RetryAfter, Code: failed.ErrCode()}
	}
}

func reportVerdict(e *saas.CallError) sender.Verdict {
	switch e.Class {
	case saas.ClassRefused:
		if e.AlreadyReported() {
			return sender.Acked // an earlier try arrived (M4)
		}
		return sender.Refused
	case saas.ClassInvalid:
		return sender.Refused // our own bytes break the document: a person has to look
	case saas.ClassServer, saas.ClassProtocol:
		return sender.Later
	}
	return sender.Away
}

// encodeReport gives the exact bytes of a payment report.
func encodeReport(r purchase.Report) ([]byte, error) {
	status := wire.PayFailed
	if r.OK {
		status = wire.PaySucceeded
	}
	b, err := wire.ReportRequest{
		OrderID: r.OrderID, OrderNo: r.OrderNo, PayType: wire.PayType(r.Type),
		PayStatus: status, ErrorMessage: r.Message,
	}.Append(nil)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return b, nil
}

// payConfig asks what is to be held.
func payConfig(client *saas.Client) func(context.Context, string) (string, string, error) {
	return func(ctx context.Context, machineID string) (limit, currency string, err error) {
		c, err := client.PayConfig(ctx, machineID)
		return c.PreAuthorLimit, c.Currency, err
	}
}

// infoEvery is how often a cabinet is asked about: its lock stops a lane, the rest is
// for a graph.
func infoEvery(lockedState string) time.Duration {
	if lockedState != "" {
		return time.Minute
	}
	return 10 * time.Minute
}

// machineInfo asks how a cabinet is doing. Which state means locked is not documented:
// without a configured one nobody knows.
func machineInfo(client *saas.Client, lockedState string) func(context.Context, string) (machines.Info, error) {
	return func(ctx context.Context, machineID string) (machines.Info, error) {
		m, err := client.MachineInfo(ctx, machineID)
		if err != nil {
			return machines.Info{}, err
		}
		i := machines.Info{Signal: m.Signal, LockKnown: lockedState != "", Locked: lockedState != "" && m.RunningState == lockedState}
		i.Celsius, i.CelsiusKnown = m.Celsius()
		return i, nil
	}
}
