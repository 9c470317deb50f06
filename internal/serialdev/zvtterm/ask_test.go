package zvtterm

import (
	"testing"

	"edged/internal/money"
	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
)

func TestWhichHoldsAreOpen(t *testing.T) {
	enquiry := "> 06 23 05 87 FF FF 06 00\n"
	last := "> 06 20 05 00 00 00 03 03\n"
	receipts := func(list ...string) (holds []purchase.Hold) {
		for _, r := range list {
			holds = append(holds, purchase.Hold{Terminal: "52500001", Receipt: r})
		}
		return holds
	}
	tests := []struct {
		name   string
		script string
		want   purchase.Ended
	}{
		{"none", enquiry + yes + "< 06 1E 04 B8 87 FF FF\n" + ok, purchase.Ended{Outcome: purchase.Done, Terminal: "52500001"}},
		{"none, told by leaving the receipt out", enquiry + yes + "< 06 1E 01 B8\n" + ok, purchase.Ended{Outcome: purchase.Done, Terminal: "52500001"}},
		{
			"a list, the last transaction unknown",
			enquiry + yes + "< 06 1E 0D B8 06 0A 23 08 08 02 01 23 08 02 01 24\n" + ok + last + "< 84 83 00\n",
			purchase.Ended{Outcome: purchase.Done, Terminal: "52500001", Open: receipts("0123", "0124")},
		},
		{
			"one at a time, and it was the last transaction",
			enquiry + yes + "< 06 1E 04 B8 87 01 23\n" + ok + last + yes + approved + ok + complete,
			purchase.Ended{Outcome: purchase.Done, Terminal: "52500001", Open: []purchase.Hold{hold123}, More: true, Text: "the terminal lists one open hold at a time"},
		},
		{
			"one, and another transaction came after it",
			enquiry + yes + "< 06 1E 04 B8 87 01 22\n" + ok + last + yes + approved + ok + complete,
			purchase.Ended{Outcome: purchase.Done, Terminal: "52500001", Open: receipts("0122"), More: true, Text: "the terminal lists one open hold at a time"},
		},
		{
			"the last transaction ends without a status",
			enquiry + yes + "< 06 1E 04 B8 87 01 23\n" + ok + last + yes + complete,
			purchase.Ended{Outcome: purchase.Done, Terminal: "52500001", Open: receipts("0123"), More: true, Text: "the terminal lists one open hold at a time"},
		},
		{"the terminal cannot tell", enquiry + "< 84 83 00\n", purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonUnsupported, Code: "zvt 83", Text: zvt.ResultUnknownCommand.Text()}},
		{"the enquiry failed", enquiry + yes + "< 06 1E 01 9B\n" + ok, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9B", Text: zvt.ResultCode(0x9B).Text()}},
		{"a completion tells nothing", enquiry + yes + complete, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonOther, Code: "zvt 00", Text: zvt.ResultOK.Text()}},
		{"the line ends", enquiry + yes + "x", purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 23: EOF"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(purchase.CmdAsk, 1, 0, purchase.Hold{})
			tt.want.Command, tt.want.What = cmd.ID, cmd.Kind
			if got, _ := play(t, tt.script, cmd, nil); !sameEnd(got, tt.want) {
				t.Errorf("ended %+v\nwant  %+v", got, tt.want)
			}
		})
	}
}

func TestWhetherAHoldThatIsNotOpenWasTheLastBooking(t *testing.T) {
	none := "> 06 23 05 87 FF FF 06 00\n" + yes + "< 06 1E 04 B8 87 FF FF\n" + ok
	last := "> 06 20 05 00 00 00 03 03\n"
	asked := purchase.Ended{Outcome: purchase.Done, Terminal: "52500001"}
	with := func(h purchase.Hold) purchase.Ended { e := asked; e.Last = &h; return e }
	tests := []struct {
		name   string
		script string
		want   purchase.Ended
	}{
		{"it was", none + last + yes + approved + ok + complete, with(hold123)},
		{"the terminal tells no status", none + last + yes + complete, asked},
		{"the terminal cannot tell", none + last + "< 84 83 00\n", asked},
		{"the last transaction went wrong", none + last + yes + "< 04 0F 02 27 6C\n" + ok + complete, asked},
		{"several are listed, and it is not one of them", "> 06 23 05 87 FF FF 06 00\n" + yes + "< 06 1E 0D B8 06 0A 23 08 08 02 01 25 08 02 01 24\n" + ok +
			last + yes + approved + ok + complete, func() purchase.Ended {
			e := with(hold123)
			e.Open = []purchase.Hold{{Terminal: "52500001", Receipt: "0125"}, {Terminal: "52500001", Receipt: "0124"}}
			return e
		}()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := settleCommand(purchase.CmdAsk, 1, 0, purchase.Hold{Terminal: "52500001", Receipt: "0123"})
			tt.want.Command, tt.want.What = cmd.ID, cmd.Kind
			if got, _ := play(t, tt.script, cmd, nil); !sameEnd(got, tt.want) {
				t.Errorf("ended %+v\nwant  %+v", got, tt.want)
			}
		})
	}
}

func TestEndOfDayAndMaintenance(t *testing.T) {
	day := noneOpen + "> 06 50 03 00 00 00\n"
	status := "> 05 01 05 00 00 00 03 02\n" + yes + "< 06 0F 01 00\n" + ok
	tests := []struct {
		name   string
		kind   purchase.CommandKind
		script string
		want   purchase.Ended
	}{
		{"the day is closed", purchase.CmdEndOfDay, day + yes + "< 04 0F 09 27 00 04 00 00 00 01 23 45\n" + ok + complete, purchase.Ended{Outcome: purchase.Done, Total: new(money.Minor(12345))}},
		{"the day is closed and an update follows", purchase.CmdEndOfDay, day + yes + "< 04 0F 02 27 00\n" + ok + "< 06 0F 02 27 E0\n" + ok, purchase.Ended{Outcome: purchase.Done}},
		{
			"a hold is open", purchase.CmdEndOfDay, day + yes + "< 06 1E 04 B8 87 01 23\n" + ok,
			purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonRefused, Code: "zvt B8", Text: zvt.ResultPreAuth.Text(), Open: []purchase.Hold{{Terminal: "52500001", Receipt: "0123"}}},
		},
		{
			"the terminal lists a hold", purchase.CmdEndOfDay, "> 06 23 05 87 FF FF 06 00\n" + yes + "< 06 1E 04 B8 87 01 23\n" + ok + "> 06 20 05 00 00 00 03 03\n< 84 83 00\n",
			purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonRefused, Text: "a hold is open: 0123", More: true, Open: []purchase.Hold{{Terminal: "52500001", Receipt: "0123"}}},
		},
		{
			"a locked terminal lists nothing before its end of day", purchase.CmdEndOfDay, "> 06 23 05 87 FF FF 06 00\n" + yes + "< 06 1E 01 F0\n" + ok + "> 06 50 03 00 00 00\n" + yes + complete + statusOf("00"),
			purchase.Ended{Outcome: purchase.Done},
		},
		{
			"the enquiry fails otherwise", purchase.CmdEndOfDay, "> 06 23 05 87 FF FF 06 00\n" + yes + "< 06 1E 01 9B\n" + ok,
			purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9B", Text: zvt.ResultCode(0x9B).Text()},
		},
		{
			"the line is lost in the enquiry", purchase.CmdEndOfDay, "> 06 23 05 87 FF FF 06 00\n" + yes + "x",
			purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonLine, Text: "dialogue 06 23: EOF"},
		},
		{"not possible now", purchase.CmdEndOfDay, day + yes + "< 06 1E 01 77\n" + ok, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonRefused, Code: "zvt 77", Text: zvt.ResultNoEndOfDay.Text()}},
		{"the host is away", purchase.CmdEndOfDay, day + yes + "< 04 0F 02 27 9B\n" + ok + complete, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9B", Text: zvt.ResultCode(0x9B).Text()}},
		{"a diagnosis, and the terminal's clock is taken", purchase.CmdMaintain, "> 06 70 00\n" + yes + "< 04 01 08 AA 26 01 02 0C 12 34 56\n" + ok + complete + status, purchase.Ended{Outcome: purchase.Done}},
		{"a diagnosis that fails", purchase.CmdMaintain, "> 06 70 00\n" + yes + "< 06 1E 01 9B\n" + ok, purchase.Ended{Outcome: purchase.NotDone, Reason: purchase.ReasonHostOffline, Code: "zvt 9B", Text: zvt.ResultCode(0x9B).Text()}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := purchase.TerminalCommand{ID: "front/x/1", Kind: tt.kind}
			tt.want.Command, tt.want.What = cmd.ID, cmd.Kind
			if got, _ := play(t, tt.script, cmd, nil); !sameEnd(got, tt.want) {
				t.Errorf("ended %+v\nwant  %+v", got, tt.want)
			}
		})
	}
}
