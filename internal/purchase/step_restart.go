package purchase

// onRestarted: whatever was asked and has no answer is in doubt. Nothing is
// repeated here; settle asks the terminal before it moves money, and OpenDoor is
// never sent after a restart (M5).
func (w *work) onRestarted() {
	w.doubtOps()
	if w.Hold == nil {
		w.ArmDoubt = w.Unused == nil && w.Outcome == nil
		return
	}
	pending := w.opensPending()
	for i := range w.Opens {
		if w.Opens[i].Answer == "" {
			w.Opens[i] = OpenTry{Answer: OpenInDoubt, Msg: "restarted", At: w.now.Wall}
		}
	}
	w.drop(DueOpen, DueOpenRetry)
	unacked := w.Hold.End == ""
	if unacked {
		w.Hold.End = InDoubt
	}
	if w.Decision != nil || w.Outcome != nil {
		return
	}
	switch {
	case w.Terms.SessionLimit > 0:
		w.Hold.Gone = "the reader's session ended with the restart"
		if !w.mayBeOpen() {
			w.decide(Decision{Source: FromTerminal, Why: w.Hold.Gone})
		}
	case !w.mayBeOpen():
		w.decide(Decision{Source: FromNetwork, Why: "restarted before the door could be asked for"})
	case unacked && pending > 0 && !w.heardOfOpen():
		// If the hold is gone its acknowledgement was never taken, and OpenDoor,
		// which waits for that, was never sent: ask at once.
		w.setOnce(DueResolve, OnReach, w.Terms.ResolveWindow)
		w.command(CmdAsk, 0)
	case !w.heardOfOpen():
		w.setOnce(DueResolve, OnReach, w.Terms.ResolveWindow)
	}
}

// doubtOps: a command without an end, and a result whose acknowledgement may
// never have been taken, are in doubt.
func (w *work) doubtOps() {
	op := w.opInFlight()
	if op == nil {
		return
	}
	op.End, op.Why = InDoubt, ReasonLine
	switch op.Kind {
	case CmdCapture:
		w.onCaptureEnded(op)
	case CmdRelease:
		w.onReleaseEnded(op)
	case CmdReverse:
		w.onReverseEnded(op)
	}
	w.drop(DueMoneyRetry)
}
