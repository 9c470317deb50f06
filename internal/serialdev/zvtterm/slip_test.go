package zvtterm

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

// apdu writes a message as a script line from the terminal, answered by 80 00 00.
func apdu(t *testing.T, m zvt.Message) string {
	t.Helper()
	b, err := zvt.Append(nil, m)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("< % X\n", b) + ok
}

func lineOf(attr zvt.PrintAttribute, text string) zvt.PrintLine {
	return zvt.PrintLine{Attribute: attr, Text: text}
}

func TestTheCustomersReceipt(t *testing.T) {
	const captured = "< 04 0F 09 27 00 87 01 24 0B 00 00 78\n" + ok
	told := []string{"receipt   0124", "trace     000078", "paid      17.35 EUR"}
	auth, err := zvt.ParseAuthID("123456")
	if err != nil {
		t.Fatal(err)
	}
	full := zvt.StatusInformation{
		Result: zvt.Some(zvt.ResultOK), AmountMinor: zvt.Minor(1735), Trace: "000078", Time: "131415", Date: "1124",
		CardNumber: "476173******0010", TerminalID: "52500001", MerchantID: "EDGED DEMO", Authorisation: auth, Text: "Genehmigt",
		Receipt: "0124", CardName: "Visa", HostResult: zvt.Some(byte(0xA5)),
		TLV: zvt.Wrap(
			zvt.Object{Tag: zvt.TagEMVAID, Value: []byte{0xA0, 0, 0, 0, 3, 0x10, 0x10}},
			zvt.Object{Tag: zvt.TagEMVCustomer, Value: []byte("TVR 0000008000")},
		),
	}
	tests := []struct {
		name   string
		script string
		want   []string
	}{
		{"without a print it is what the result says", captured + complete, told},
		{"all that the result says", apdu(t, full) + complete, []string{
			"merchant  EDGED DEMO", "terminal  52500001", "date      11-24 13:14:15", "receipt   0124", "trace     000078",
			"card      Visa 476173******0010", "approval  123456", "AID       A0000000031010", "host      A5",
			"paid      17.35 EUR", "note      Genehmigt", "EMV       TVR 0000008000",
		}},
		{
			"printed lines before and behind the result", apdu(t, lineOf(0x40, "KUNDENBELEG")) + captured + apdu(t, lineOf(0, "EUR 17,35")) + apdu(t, lineOf(0x81, "Danke")) + complete,
			[]string{"KUNDENBELEG", "EUR 17,35", "Danke"},
		},
		{"line feeds are one empty line, none at the ends", captured + apdu(t, zvt.PrintLine{Attribute: zvt.PrintFeed, Feeds: 9}) + apdu(t, lineOf(0, "A")) +
			apdu(t, lineOf(0, "")) + apdu(t, zvt.PrintLine{Attribute: zvt.PrintFeed, Feeds: 3}) + apdu(t, lineOf(0, "B")) + apdu(t, lineOf(0x81, "")) + complete, []string{"A", "", "B"}},
		{"the customer's block and not the merchant's", captured +
			apdu(t, zvt.NewPrintBlock(zvt.ReceiptMerchant, []zvt.PrintLine{lineOf(0, "Merchant")})) +
			apdu(t, zvt.NewPrintBlock(zvt.ReceiptCustomer, []zvt.PrintLine{lineOf(0x40, "Customer"), lineOf(0x80|0x40, "Bye")})) +
			apdu(t, zvt.NewPrintBlock(zvt.ReceiptAdmin, []zvt.PrintLine{lineOf(0, "Admin")})) + complete, []string{"Customer", "Bye"}},
		{"a block that cannot be read is taken", captured + "< 06 D3 03 06 05 25\n" + ok + complete, told},
		{
			"no full card number", captured + apdu(t, lineOf(0, "Card 4761 7300 0000 0011")) + apdu(t, lineOf(0, "4761739001010119")) +
				apdu(t, zvt.NewPrintBlock(zvt.ReceiptCustomer, []zvt.PrintLine{lineOf(0, "PAN 4761739001010119")})) + complete,
			[]string{"Card 4761 73** **** 0011", "476173******0119", "PAN 476173******0119"},
		},
		{"no control characters", captured + "< 06 D1 05 40 41 1B 07 42\n" + ok + complete, []string{"A  B"}},
		{"of a refused capture what was printed", apdu(t, lineOf(0, "Abgelehnt")) + "< 06 1E 01 05\n" + ok, []string{"Abgelehnt"}},
		{"of a refused capture nothing that the result says", "< 04 0F 05 27 05 87 01 24\n" + ok + "< 06 1E 01 05\n" + ok, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(purchase.CmdCapture, 1, 1735, hold123)
			got, _ := play(t, "> 06 23 0D 87 01 23 04 00 00 00 00 32 65 49 09 78\n"+yes+tt.script, cmd, nil)
			if !slices.Equal(got.Slip, tt.want) {
				t.Errorf("slip %q\nwant %q", got.Slip, tt.want)
			}
		})
	}
}

func TestAReceiptIsBounded(t *testing.T) {
	var s slip
	for range 10 * slipLines {
		s.print(lineOf(0, strings.Repeat("ü", 1000)))
		s.print(lineOf(0, ""))
	}
	size := 0
	for _, l := range s.lines(true) {
		size += len([]rune(l))
	}
	if n := len(s.lines(true)); n > slipLines+1 || size > slipLines*slipWidth {
		t.Errorf("%d lines of %d characters, want %d of %d each at most", n, size, slipLines, slipWidth)
	}
}

func TestAReversalsReceiptSaysSo(t *testing.T) {
	cmd := settleCommand(purchase.CmdReverse, 1, 1735, hold123)
	cmd.Receipt = "0124"
	got, _ := play(t, "> 06 30 10 00 00 00 87 01 24 04 00 00 00 00 17 35 49 09 78\n"+yes+"< 04 0F 0C 27 00 04 00 00 00 00 17 35 87 02 32\n"+ok+complete, cmd, nil)
	if want := []string{"receipt   0232", "reversed  17.35 EUR"}; !slices.Equal(got.Slip, want) {
		t.Errorf("slip %q, want %q", got.Slip, want)
	}
}
