package purchase

// Phase is where an order stands. It is a function of the facts, never stored.
type Phase string

// The phases.
const (
	PhaseArmed     Phase = "armed"     // waiting for a card
	PhaseUnclear   Phase = "unclear"   // armed, and the terminal has not told how that ended
	PhaseOpening   Phase = "opening"   // hold granted, OpenDoor under way
	PhaseInDoubt   Phase = "in_doubt"  // OpenDoor asked and nothing heard
	PhaseOpen      Phase = "open"      // door open
	PhaseDetecting Phase = "detecting" // door closed, goods not recognised yet
	PhaseReview    Phase = "review"    // a person at the SaaS decides
	PhaseCapturing Phase = "capturing" // taking the total
	PhaseReleasing Phase = "releasing" // giving the hold back
	PhaseReporting Phase = "reporting" // outcome known, reports not all acknowledged
	PhaseRefunding Phase = "refunding" // a refund is open
	PhaseClosed    Phase = "closed"    //
)

// Phase computes where the order stands.
func (s State) Phase() Phase {
	switch {
	case s.Outcome != nil:
		return s.endPhase()
	case s.wantsCapture():
		return PhaseCapturing
	case s.Decision != nil:
		return PhaseReleasing
	case s.Hold == nil && s.ArmDoubt:
		return PhaseUnclear
	case s.Hold == nil:
		return PhaseArmed
	}
	return s.doorPhase()
}

func (s State) endPhase() Phase {
	for _, r := range s.Reports {
		if r.State == ReportWaits || r.State == ReportQueued || r.State == ReportDead {
			return PhaseReporting
		}
	}
	for _, r := range s.Refunds {
		if r.State != RefundDone && r.State != RefundFailed {
			return PhaseRefunding
		}
	}
	if s.DoorBusy() {
		return PhaseOpen
	}
	return PhaseClosed
}

func (s State) doorPhase() Phase {
	switch {
	case s.Review != nil && (s.Door.Opened == 0 || s.Door.Closed != 0 || s.Door.Cancel != 0):
		return PhaseReview
	case s.Door.Closed != 0:
		return PhaseDetecting
	case s.Door.Opened != 0:
		return PhaseOpen
	case s.heardOfOpen():
		return PhaseOpening
	case s.opensInDoubt() > 0 && s.opensPending() == 0:
		return PhaseInDoubt
	}
	return PhaseOpening
}

// Closed says that nothing more is to be done for the order.
func (s State) Closed() bool { return s.Phase() == PhaseClosed }

// DoorBusy says that the order still occupies its door: it may be open, or may
// still open. A recognition or settlement implies a closed door; a decision of our
// own does not close one that was seen open.
func (s State) DoorBusy() bool {
	if s.Hold == nil || s.Door.Closed != 0 {
		return false
	}
	return s.Door.Opened != 0 || s.Decision == nil
}

// heardOfOpen says whether anything at all proves that the SaaS took OpenDoor: any
// callback does, and its answer.
func (s State) heardOfOpen() bool {
	if s.Door != (DoorFacts{}) {
		return true
	}
	for _, o := range s.Opens {
		if o.Answer == OpenAccepted {
			return true
		}
	}
	return false
}

func (s State) opensInDoubt() (n int) {
	for _, o := range s.Opens {
		if o.Answer == OpenInDoubt {
			n++
		}
	}
	return n
}

// opensPending counts requests whose answer has not come.
func (s State) opensPending() (n int) {
	for _, o := range s.Opens {
		if o.Answer == "" {
			n++
		}
	}
	return n
}

func (s *State) opInFlight() *Op {
	if n := len(s.Ops); n > 0 && s.Ops[n-1].End == "" {
		return &s.Ops[n-1]
	}
	return nil
}

func (s *State) lastOp(kind CommandKind) *Op {
	for i := len(s.Ops) - 1; i >= 0; i-- {
		if s.Ops[i].Kind == kind {
			return &s.Ops[i]
		}
	}
	return nil
}
