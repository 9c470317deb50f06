package zvtterm

import (
	"testing"
	"time"

	"edged/internal/purchase"
	"edged/internal/serialdev/zvt"
	"edged/internal/sim/readersim"
)

// TestEveryProfileSaysWhereItIsKnownFrom: a deviation without a source is a rumour.
func TestEveryProfileSaysWhereItIsKnownFrom(t *testing.T) {
	seen := map[string]bool{}
	for _, p := range Profiles() {
		if p.Source == "" || p.Config == 0 || seen[p.Name] {
			t.Errorf("profile %+v has no source or config, or comes twice", p)
		}
		seen[p.Name] = true
	}
	if !seen[Generic] {
		t.Error("there is no generic profile")
	}
}

// TestAProfileChangesWhatIsSent plays each deviation against a script.
func TestAProfileChangesWhatIsSent(t *testing.T) {
	day := noneOpen + "> 06 50 03 00 00 00\n" + yes
	release := settleCommand(purchase.CmdRelease, 1, 0, hold123)
	lane := func(kind purchase.CommandKind) purchase.TerminalCommand {
		return purchase.TerminalCommand{ID: "front/x/1", Kind: kind}
	}
	tests := []struct {
		name, profile string
		cmd           purchase.TerminalCommand
		script        string
		want          purchase.Outcome
	}{
		{"a release has the currency", Generic, release, "> 06 25 06 87 01 23 49 09 78\n" + yes + "< 04 0F 05 27 00 87 01 24\n" + ok + complete, purchase.Done},
		{"card complete wants the receipt number only", "card-complete", release, "> 06 25 03 87 01 23\n" + yes + "< 04 0F 05 27 00 87 01 24\n" + ok + complete, purchase.Done},
		{"A0 is no end of day", Generic, lane(purchase.CmdEndOfDay), day + "< 06 1E 01 A0\n" + ok, purchase.NotDone},
		{"A0 is one for the cVEND", "feig", lane(purchase.CmdEndOfDay), day + "< 06 1E 01 A0\n" + ok, purchase.Done},
		{"A0 as a result, too", "feig", lane(purchase.CmdEndOfDay), day + "< 04 0F 02 27 A0\n" + ok + "< 06 1E 01 A0\n" + ok, purchase.Done},
		{"another code is none for it either", "feig", lane(purchase.CmdEndOfDay), day + "< 06 1E 01 9B\n" + ok, purchase.NotDone},
		{"a diagnosis", Generic, lane(purchase.CmdMaintain), "> 06 70 00\n" + yes + complete + statusOf("00"), purchase.Done},
		{"the cVEND is diagnosed and initialised", "feig", lane(purchase.CmdMaintain), "> 06 70 05 06 03 1B 01 04\n" + yes + complete + "> 06 93 03 00 00 00\n" + yes + complete + statusOf("00"), purchase.Done},
		{"and not initialised if the diagnosis fails", "feig", lane(purchase.CmdMaintain), "> 06 70 05 06 03 1B 01 04\n" + yes + "< 06 1E 01 9B\n" + ok, purchase.NotDone},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, _ := play(t, tt.script, tt.cmd, func(o *Options) { o.Profile = tt.profile })
			if got.Outcome != tt.want {
				t.Errorf("ended %+v, want %s", got, tt.want)
			}
		})
	}
}

func TestUpkeepByStatus(t *testing.T) {
	generic, err := profileOf("")
	if err != nil {
		t.Fatal(err)
	}
	if got := generic.upkeep(zvt.RemedyInitialisation, "000000"); len(got) != 1 || got[0].Command() != zvt.CmdInitialisation {
		t.Errorf("an initialisation is asked for, sent %v", got)
	}
	generic.Upkeep = []Upkeep{UpkeepDiagnosis, UpkeepInitialise}
	if got := generic.upkeep(zvt.RemedyInitialisation, "000000"); len(got) != 2 || got[0].Command() != zvt.CmdDiagnosis {
		t.Errorf("a profile asks for both, sent %v", got)
	}
}

func TestAProfileBoundsWhatTheConfigurationAllows(t *testing.T) {
	for name, want := range map[string]int{"feig": 1, Generic: 4} {
		r := newRig(t, func(o *Options, _ *readersim.Options) { o.Profile, o.MaxHolds = name, 4 })
		if got := r.terminal.Caps().MaxHolds; got != want {
			t.Errorf("%s keeps %d holds, want %d", name, got, want)
		}
	}
	r := newRig(t, func(o *Options, _ *readersim.Options) { o.Profile = "ccv" })
	if got := r.terminal.opts.StatusEvery; got != 3*time.Second {
		t.Errorf("ccv is asked every %v, want 3s", got)
	}
}

// TestACardInTheWayIsEjectedOnce: a motor reader gives it back on 06 B0 (section 13).
func TestACardInTheWayIsEjectedOnce(t *testing.T) {
	eject := "> 06 B0 00\n" + yes + "= 1.9s\n"
	tests := []struct {
		name, script string
		want         purchase.Outcome
		reason       purchase.Reason
	}{
		{"and taken out", arm50 + "< 84 DC 00\n" + eject + arm50 + yes + approved + ok + complete, purchase.Done, ""},
		{"and left there", arm50 + yes + "< 06 1E 01 DC\n" + ok + eject + arm50 + "< 84 DC 00\n", purchase.NotDone, purchase.ReasonBusy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := play(t, tt.script, armCommand(1), nil); got.Outcome != tt.want || got.Reason != tt.reason {
				t.Errorf("ended %+v, want %s because of %q", got, tt.want, tt.reason)
			}
		})
	}
}

// TestATerminalThatKeepsItsHoldsIsNotAskedForThem before its end of day.
func TestATerminalThatKeepsItsHoldsIsNotAskedForThem(t *testing.T) {
	cmd := purchase.TerminalCommand{ID: "front/x/1", Kind: purchase.CmdEndOfDay}
	got, _ := play(t, "> 06 50 03 00 00 00\n"+yes+"< 04 0F 02 27 00\n"+ok+complete, cmd, func(o *Options) { o.HoldsOverEndOfDay = true })
	if got.Outcome != purchase.Done {
		t.Errorf("ended %+v, want done", got)
	}
}

func TestACommandThatNoTerminalKnows(t *testing.T) {
	got, _ := play(t, "e", purchase.TerminalCommand{ID: "front/x/1", Kind: "dance"}, nil)
	if got.Outcome != purchase.NotDone || got.Reason != purchase.ReasonUnsupported {
		t.Errorf("ended %+v, want it unsupported", got)
	}
}
