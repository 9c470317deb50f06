package zvt

import (
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
	"testing"
)

// description collects what a message says in the words of the vectors.
type description map[string]string

func (d description) set(key, value string) {
	if value != "" {
		d[key] = value
	}
}

func (d description) byte(key string, o Opt[byte]) {
	if o.Set {
		d[key] = fmt.Sprintf("%02x", o.Value)
	}
}

func (d description) int(key string, v int64, set bool) {
	if set {
		d[key] = strconv.FormatInt(v, 10)
	}
}

func (d description) tlv(t TLV) { d.set("tlv", flatObjects(t.Objects)) }

func describe(t *testing.T, m Message) map[string]string {
	t.Helper()
	d := make(description)
	switch m := m.(type) {
	case Ack:
		d.set("command", "ack")
		d.tlv(m.TLV)
	case Nack:
		d.set("command", "negative-ack")
		if m.IssuedMinor.Set {
			d.set("command", "status-response")
		}
		d.set("code", fmt.Sprintf("%02x", byte(m.Code)))
		d.int("amount_minor", m.IssuedMinor.Value, m.IssuedMinor.Set)
	case StatusInformation:
		d.status(m)
	case IntermediateStatus:
		d.set("command", "intermediate-status")
		d.set("status", fmt.Sprintf("%02x", byte(m.Status)))
		d.int("timeout_t4_min", int64(m.T4Minutes.Value), m.T4Minutes.Set)
		d.tlv(m.TLV)
	case Completion:
		d.set("command", "completion")
		if m.Result.Set {
			d.set("result_code", fmt.Sprintf("%02x", byte(m.Result.Value)))
		}
		d.byte("bmp19", m.Status)
		d.set("terminal_id", m.TerminalID)
		d.set("currency", m.Currency)
		d.tlv(m.TLV)
	case StatusCompletion:
		d.set("command", "completion")
		d.set("sw_version", m.Version)
		d.set("terminal_status", fmt.Sprintf("%02x", byte(m.Status)))
		d.tlv(m.TLV)
	case AbortByPT:
		d.set("command", "abort-from-pt")
		d.set("result_code", fmt.Sprintf("%02x", byte(m.Code)))
		d.set("receipt_no", strings.ToLower(m.Receipt))
		d.tlv(m.TLV)
	case PrintLine:
		d.set("command", "print-line")
		d.set("attribute", fmt.Sprintf("%02x", byte(m.Attribute)))
		d["text_cp437"] = m.Text
	default:
		d.request(t, m)
	}
	return d
}

func (d description) status(m StatusInformation) {
	d.set("command", "status-information")
	d.set("data", hex.EncodeToString(m.Unparsed))
	if m.Result.Set {
		d.set("result_code", fmt.Sprintf("%02x", byte(m.Result.Value)))
	}
	d.int("amount_minor", m.AmountMinor.Value, m.AmountMinor.Set)
	for key, value := range map[string]string{
		"trace_no": m.Trace, "time_hhmmss": m.Time, "date_mmdd": m.Date, "expiry_yymm": m.Expiry,
		"card_seq_no": m.CardSequence, "pan_masked": m.CardNumber, "terminal_id": m.TerminalID,
		"vu_number": m.MerchantID, "orig_trace_no": m.OriginalTrace, "aid_auth_attribute": m.Authorisation.String(),
		"additional_text": m.Text, "currency": m.Currency, "receipt_no": m.Receipt, "turnover_no": m.Turnover,
		"card_name": m.CardName,
	} {
		d.set(key, value)
	}
	d.byte("bmp19", m.PaymentType)
	d.byte("card_type", m.CardType)
	d.byte("network_card_type", m.NetworkCard)
	d.byte("result_code_as", m.HostResult)
	if m.Totals != nil {
		raw, _ := appendTotals(nil, *m.Totals)
		d.set("single_totals", hex.EncodeToString(raw))
	}
	d.tlv(m.TLV)
}

func (d description) request(t *testing.T, m Message) {
	t.Helper()
	switch m := m.(type) {
	case Registration:
		d.set("command", "registration")
		d.set("password", string(m.Password))
		d.set("config_byte", fmt.Sprintf("%02x", byte(m.Config)))
		d.set("currency", m.Currency)
		d.byte("service_byte", m.Service)
		d.tlv(m.TLV)
	case Initialisation:
		d.set("command", "initialisation")
		d.set("password", string(m.Password))
	case EndOfDay:
		d.set("command", "end-of-day")
		d.set("password", string(m.Password))
	case StatusEnquiry:
		d.set("command", "status-enquiry")
		d.set("password", string(m.Password))
	case RepeatReceipt:
		d.set("command", "repeat-receipt")
		d.set("password", string(m.Password))
	case Diagnosis:
		d.set("command", "diagnosis")
	case LogOff:
		d.set("command", "log-off")
	case Reset:
		d.set("command", "reset-terminal")
	case PendingEnquiry:
		d.set("command", "partial-reversal")
		d.set("receipt_no", "ffff")
	case DisplayText:
		d.set("command", "display-text")
		for i, l := range m.Lines {
			d.set(fmt.Sprintf("text_line_%d", i+1), l)
		}
	case ReadCard:
		d.set("command", "read-card")
		d.int("timeout_s", int64(m.TimeoutSeconds), true)
		d.byte("bmp19", m.CardType)
		d.byte("dialog_control", m.DialogControl)
		d.tlv(m.TLV)
	default:
		d.booking(t, m)
	}
}

func (d description) booking(t *testing.T, m Message) {
	t.Helper()
	switch m := m.(type) {
	case Authorization:
		d.set("command", "authorization")
		d.int("amount_minor", m.AmountMinor.Value, m.AmountMinor.Set)
		d.set("currency", m.Currency)
		d.byte("bmp19", m.PaymentType)
		d.int("max_status_infos", int64(m.MaxStatus.Value), m.MaxStatus.Set)
	case Reservation:
		d.set("command", "reservation")
		d.int("amount_minor", m.AmountMinor.Value, m.AmountMinor.Set)
		d.set("currency", m.Currency)
		d.byte("bmp19", m.PaymentType)
		d.tlv(m.TLV)
	case PartialReversal:
		d.set("command", "partial-reversal")
		d.set("receipt_no", m.Receipt)
		d.int("amount_minor", m.UnusedMinor.Value, m.UnusedMinor.Set)
		d.set("currency", m.Currency)
		d.byte("bmp19", m.PaymentType)
		d.tlv(m.TLV)
	case PreAuthReversal:
		d.set("command", "pre-authorisation-reversal")
		d.set("receipt_no", m.Receipt)
		d.set("currency", m.Currency)
		d.byte("bmp19", m.PaymentType)
	default:
		t.Fatalf("no description for %T", m)
	}
}
