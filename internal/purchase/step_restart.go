package purchase

// onRestarted: whatever was asked and has no answer is in doubt. Nothing is
// repeated here; settle asks the terminal before it moves money, and OpenDoor is
// never sent after a restart (M5).
func (w *work) onRestarted() {
	if w.Hold == nil {
		if w.Unused == nil && w.Outcome == nil {
			w.armInDoubt()
		}
		return
	}
	w.doubtOp()
	for i := range w.Opens {
		if w.Opens[i].Answer == "" {
			w.Opens[i] = OpenTry{Answer: OpenInDoubt, Msg: "restarted", At: w.wall()}
		}
	}
	w.drop(DueOpen, DueOpenRetry)
	if w.Hold.End == "" {
		w.Hold.End = InDoubt
	}
	if w.session() && w.HoldOpen() {
		w.sessionLost("the reader's session ended with the restart")
	}
	switch {
	case w.Outcome != nil || w.Decision != nil:
	case !w.mayBeOpen():
		w.decide(Decision{Source: FromNetwork, Why: "restarted before the door could be asked for"})
	case !w.heardOfOpen():
		w.setOnce(DueResolve, OnReach, w.Terms.ResolveWindow)
		w.askUnacked()
	}
}

// doubtOp: a command without an end, and a result whose acknowledgement may
// never have been taken, are in doubt.
func (w *work) doubtOp() {
	op := w.opInFlight()
	if op == nil {
		return
	}
	op.End, op.Why = InDoubt, ReasonLine
	if op.Kind != CmdAsk {
		w.opEnded(op, Ended{})
	}
	w.drop(DueMoneyRetry) // a restart is pause enough
}
