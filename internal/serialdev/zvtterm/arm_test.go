package zvtterm

import (
	"strings"
	"testing"

	"edged/internal/purchase"
)

func TestHowAnArmedCommandEnds(t *testing.T) {
	tests := []struct {
		name   string
		script string
		want   purchase.Ended
		holds  int // HoldGranted posted
		acks   int
	}{
		{
			name:   "an approval that is acknowledged and completed is a hold",
			script: yes + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a completion alone is no hold",
			script: yes + complete,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Text: "the terminal completed without a result"},
		},
		{
			name:   "a refused card is declined with the terminal's text",
			script: yes + "< 04 0F 08 27 05 3C F0 F0 F2 6E 6F\n" + ok + "< 06 1E 01 05\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonDeclined, Code: "zvt 05", Text: "no", CardSeen: true},
		},
		{
			name:   "a refused card that ends with a completion is declined too",
			script: yes + "< 04 0F 02 27 05\n" + ok + complete,
			want:   purchase.Ended{Reason: purchase.ReasonDeclined, Code: "zvt 05", CardSeen: true},
		},
		{
			name:   "an abort by the terminal alone is enough",
			script: yes + "< 06 1E 01 7D\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonHostOffline, Code: "zvt 7D"},
		},
		{
			name:   "an abort without 80 00 before it ends the command too",
			script: "< 06 1E 01 F0\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonConfig, Code: "zvt F0"},
		},
		{
			name:   "nobody came",
			script: yes + "< 04 FF 01 0A\n" + ok + "< 04 0F 02 27 6C\n" + ok + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "we wished it to end",
			script: yes + "< 04 FF 01 0A\n" + ok + "* abort\n> 06 B0 00\n" + yes + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonAborted, Code: "zvt 6C"},
		},
		{
			name:   "the tap that crosses our wish is a hold",
			script: yes + "* abort\n> 06 B0 00\n< 84 83 00\n" + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "the same approval twice is posted once and answered twice",
			script: yes + approved + ok + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a second, different approval is refused and leaves a doubt",
			script: yes + approved + ok + another + refused + complete,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Acked: true, CardSeen: true, Text: "the terminal reported two different results"}, holds: 1, acks: 1,
		},
		{
			name:   "an approval, then a refusal, then a completion leaves a doubt",
			script: yes + approved + ok + "< 04 0F 02 27 05\n" + ok + complete,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Acked: true, CardSeen: true, Text: "the terminal reported two different results"}, holds: 1, acks: 1,
		},
		{
			name:   "an approval, then a completion with a code leaves a doubt",
			script: yes + approved + ok + "< 06 0F 02 27 05\n" + ok,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Acked: true, CardSeen: true, Text: "the terminal reported two different results"}, holds: 1, acks: 1,
		},
		{
			name:   "an approval, then a completion that announces maintenance",
			script: yes + approved + ok + "< 06 0F 02 27 E0\n" + ok,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a wish while the terminal is busy",
			script: "< 84 9C 00\n= 1s\n* abort\n",
			want:   purchase.Ended{Reason: purchase.ReasonAborted, Code: "zvt 9C"},
		},
		{
			name:   "a wrong PIN may be followed by an approval",
			script: yes + "< 04 0F 02 27 37\n" + ok + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "an approval that comes before the command is taken belongs to another one",
			script: approved + refused + yes + "< 06 1E 01 05\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonDeclined, Code: "zvt 05", CardSeen: true},
		},
		{
			name:   "the terminal takes it back after our acknowledgement",
			script: yes + approved + ok + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonReversed, Code: "zvt 6C", Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a hold without a receipt number is refused",
			script: yes + "< 04 0F 09 27 00 04 00 00 00 00 50 00\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonRefused, CardSeen: false, Text: "hold without a receipt number"},
		},
		{
			name:   "a result without a code might be an approval and is refused",
			script: yes + "< 04 0F 0A 04 00 00 00 00 50 00 87 01 23\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonRefused, Text: "result without a code"},
		},
		{
			name:   "an unreadable result is refused",
			script: yes + "< 04 0F 09 27 00 04 00 00 00 0A 50 00\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "unknown commands of the terminal are refused, prints are taken",
			script: yes + "< 06 D1 03 40 48 69\n" + ok + "< 06 D3 00\n" + ok + "< 0F A1 00\n> 84 83 00\n" + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true, Slip: []string{"Hi"}}, holds: 1, acks: 1,
		},
		{
			name:   "a terminal that cannot do it",
			script: "< 84 83 00\n",
			want:   purchase.Ended{Reason: purchase.ReasonUnsupported, Code: "zvt 83"},
		},
		{
			name:   "a busy terminal is asked again after two seconds",
			script: "< 84 9C 00\n= 1.9s\n" + arm50 + "< 84 9C 00\n= 1.9s\n" + arm50 + yes + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a terminal that stays busy",
			script: "< 84 9C 00\n" + strings.Repeat(arm50+"< 84 9C 00\n", 15),
			want:   purchase.Ended{Reason: purchase.ReasonBusy, Code: "zvt 9C"},
		},
		{
			name:   "a terminal that lost its registration is registered and asked again",
			script: "< 84 6B 00\n" + registerScript + arm50 + yes + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "a lost registration told by result and abort",
			script: yes + "< 04 0F 02 27 6B\n" + ok + "< 06 1E 01 6B\n" + ok + registerScript + arm50 + yes + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "registered, and still not",
			script: "< 84 6B 00\n" + registerScript + arm50 + "< 84 6B 00\n",
			want:   purchase.Ended{Reason: purchase.ReasonConfig, Code: "zvt 6B"},
		},
		{
			name:   "no answer to the command leaves a doubt",
			script: "= 4.9s\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: terminal does not answer"},
		},
		{
			name:   "silence for T4 makes us ask the terminal to stop",
			script: yes + "= 179s\n> 06 B0 00\n" + yes + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "silence for T4 twice leaves a doubt",
			script: yes + "= 179s\n> 06 B0 00\n" + "= 179s\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: terminal does not answer"},
		},
		{
			name:   "the terminal may lengthen T4",
			script: yes + "< 04 FF 02 01 10\n" + ok + "= 599s\n" + approved + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "each intermediate status starts T4 anew",
			script: yes + strings.Repeat("= 170s\n< 04 FF 01 0A\n"+ok, 3) + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C"},
		},
		{
			name:   "the line ends before the answer",
			script: "x",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: EOF"},
		},
		{
			name:   "the line ends after the acknowledgement",
			script: yes + approved + ok + "x",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Acked: true, CardSeen: true, Text: "dialogue 06 22: EOF"}, holds: 1, acks: 1,
		},
		{
			name:   "garbage",
			script: yes + strings.Repeat("< 01 02 00\n> 84 83 00\n", 20) + "< 01 02 00\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: terminal sends garbage"},
		},
		{
			name:   "a hold whose amount may be in what cannot be read is refused",
			script: yes + "< 04 0F 0D 27 00 87 01 23 C7 04 00 00 00 00 40 00\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonRefused, Text: "hold without a readable amount"},
		},
		{
			name:   "what a terminal leaves out is what was asked for",
			script: yes + "< 04 0F 05 27 00 87 01 23\n" + ok + complete,
			want:   purchase.Ended{Outcome: purchase.Done, Acked: true, CardSeen: true}, holds: 1, acks: 1,
		},
		{
			name:   "an end that cannot be read but for its code",
			script: yes + "< 06 1E 03 05 87 01\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonDeclined, Code: "zvt 05", CardSeen: true},
		},
		{
			name:   "an end without a code",
			script: yes + "< 06 1E 00\n" + ok,
			want:   purchase.Ended{Reason: purchase.ReasonOther, Code: "zvt FF"},
		},
		{
			name:   "a hold in another currency is refused",
			script: yes + "< 04 0F 0F 27 00 04 00 00 00 00 50 00 49 09 99 87 01 23\n" + refused + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonRefused, Text: "hold in another currency: unknown currency: numeric 999"},
		},
		{
			name:   "a terminal that sends commands without end",
			script: yes + strings.Repeat("< 0F A1 00\n> 84 83 00\n", maxStrays) + "< 0F A1 00\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: terminal sends garbage"},
		},
		{
			name:   "a registration that is refused while a command waits for it",
			script: "< 84 6B 00\n" + strings.Split(registerScript, "<")[0] + "< 84 37 00\ne",
			want:   purchase.Ended{Reason: purchase.ReasonLine, Text: "terminal refuses our settings: registration ended with 37 PIN wrong"},
		},
		{
			name:   "the line is lost while a card is ejected",
			script: "< 84 DC 00\n> 06 B0 00\nx",
			want:   purchase.Ended{Reason: purchase.ReasonLine, Text: "EOF"},
		},
		{
			name:   "a completion of what was refused",
			script: yes + "< 04 0F 09 27 00 04 00 00 00 00 50 00\n" + refused + complete,
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonOther, Text: "the terminal completed what we refused"},
		},
		{
			name:   "a card that is to be removed was there",
			script: yes + "< 04 FF 01 4C\n" + ok + timedOut,
			want:   purchase.Ended{Reason: purchase.ReasonTimeout, Code: "zvt 6C", CardSeen: true},
		},
		{
			name:   "half a command",
			script: yes + "< 04 0F FF\n= 4.9s\ne",
			want:   purchase.Ended{Outcome: purchase.InDoubt, Reason: purchase.ReasonLine, Text: "dialogue 06 22: half a command: terminal sends garbage"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			cmd := armCommand(1)
			got, eng := play(t, arm50+tt.script, cmd, nil)
			tt.want.Command, tt.want.What = cmd.ID, purchase.CmdArm
			if tt.want.Outcome == "" {
				tt.want.Outcome = purchase.NotDone
			}
			if !sameEnd(got, tt.want) {
				t.Errorf("ended %+v\nwant  %+v", got, tt.want)
			}
			if n := eng.count(purchase.KindHoldGranted, cmd.ID); n != tt.holds {
				t.Errorf("%d holds posted, want %d", n, tt.holds)
			}
			if n := len(eng.ackedIDs()); n != tt.acks {
				t.Errorf("acked %d times, want %d", n, tt.acks)
			}
		})
	}
}

func TestAPartialGrantIsTheHold(t *testing.T) {
	script := arm50 + yes + "< 04 0F 1B 27 00 04 00 00 00 00 20 00 87 01 23 0B 00 00 77 3B 41 42 43 31 32 33 00 00 8A 06\n" + ok + complete
	_, eng := play(t, script, armCommand(1), nil)
	events, _ := eng.all()
	var got purchase.Hold
	for _, ev := range events {
		if b, ok := ev.Body.(purchase.HoldGranted); ok {
			got = b.Hold
		}
	}
	want := purchase.Hold{
		Terminal: "52500001", Receipt: "0123", Trace: "000077", Auth: "4142433132330000",
		Amount: 2000, Currency: "EUR", Brand: "Mastercard",
	}
	if got != want {
		t.Errorf("hold %+v\nwant %+v", got, want)
	}
}
