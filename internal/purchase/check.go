package purchase

import "fmt"

// Check says which promise about money the state breaks (M2), if any. Step
// refuses to leave such a state behind.
func (s *State) Check() error {
	held, captured, refunded := s.Money()
	taken := 0
	for _, op := range s.Ops {
		if op.Kind == CmdCapture && op.End == Done && op.Result {
			taken++
		}
		if op.Kind == CmdCapture && (s.Decision == nil || !s.Decision.Charge) {
			return fmt.Errorf("%w: capture without a decision to charge", ErrBug)
		}
		if op.Kind == CmdCapture && op.Amount > held {
			return fmt.Errorf("%w: capture of %d, held %d", ErrBug, op.Amount, held)
		}
	}
	switch {
	case taken > 1:
		return fmt.Errorf("%w: %d captures of one hold", ErrBug, taken)
	case captured > held:
		return fmt.Errorf("%w: captured %d, held %d", ErrBug, captured, held)
	case s.Decision != nil && captured > s.Decision.Total:
		return fmt.Errorf("%w: captured %d, recognised %d", ErrBug, captured, s.Decision.Total)
	case refunded > captured:
		return fmt.Errorf("%w: refunded %d, captured %d", ErrBug, refunded, captured)
	case len(s.Opens) > 0 && s.Hold == nil:
		return fmt.Errorf("%w: OpenDoor without a hold", ErrBug)
	}
	return nil
}
