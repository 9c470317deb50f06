package purchase

import "fmt"

// onPerson does what somebody asked for by hand. What cannot be done is told by
// ErrPerson and changes nothing.
func (w *work) onPerson(b Person) error {
	switch b.Act {
	case ActRefundDone, ActRefundFailed:
		return w.onRefundByHand(b)
	case ActDropReport:
		return w.onDropReport(b)
	case ActDoorClosed:
		return w.onDoorByHand()
	case ActTaskDone:
		return w.onTaskDone(b)
	case ActUnpark:
		w.emit(CloseTask{Task: TaskParked, Outcome: "edged goes on with it"})
		return nil
	}
	return fmt.Errorf("%w: unknown act %q", ErrPerson, b.Act)
}

func (w *work) onRefundByHand(b Person) error {
	r := w.refund(b.Number)
	switch {
	case r == nil:
		return fmt.Errorf("%w: no refund %q", ErrPerson, b.Number)
	case r.State != RefundTask:
		return fmt.Errorf("%w: refund %s is %s", ErrPerson, b.Number, r.State)
	}
	done := b.Act == ActRefundDone
	if done && b.Amount != 0 {
		r.Amount = b.Amount
	}
	_, captured, refunded := w.Money()
	switch {
	case done && r.Amount <= 0:
		return fmt.Errorf("%w: how much was given back for refund %s", ErrPerson, b.Number)
	case done && r.Amount > captured-refunded:
		return fmt.Errorf("%w: %s of %s are refunded already, %s more is too much",
			ErrPerson, w.amount(refunded), w.amount(captured), w.amount(r.Amount))
	}
	w.refundEnded(r, done, cut(b.Note))
	w.emit(CloseTask{Task: TaskRefund, Subject: b.Number, Outcome: string(r.State)})
	return nil
}

func (w *work) onDropReport(b Person) error {
	if b.Report < 1 || b.Report > len(w.Reports) {
		return fmt.Errorf("%w: no report %d", ErrPerson, b.Report)
	}
	r := &w.Reports[b.Report-1]
	switch {
	case b.Note == "":
		return fmt.Errorf("%w: a report is dropped only with a reason", ErrPerson)
	case r.State == ReportAcked || r.State == ReportDropped:
		return fmt.Errorf("%w: report %d is %s already", ErrPerson, b.Report, r.State)
	}
	r.State = ReportDropped
	w.emit(CloseTask{Task: TaskDeadReport, Subject: fmt.Sprint(b.Report), Outcome: "dropped: " + cut(b.Note)})
	return nil
}

// onTaskDone closes a task that asks for nothing of edged. What moves on the order
// itself has an act of its own.
func (w *work) onTaskDone(b Person) error {
	switch {
	case b.Task == TaskRefund:
		return fmt.Errorf("%w: a refund is ended by refund-done or refund-failed, which reports it", ErrPerson)
	case b.Task == TaskDeadReport:
		return fmt.Errorf("%w: a refused report is acknowledged by a retry, or dropped with a reason", ErrPerson)
	case b.Task == TaskParked:
		return fmt.Errorf("%w: a parked order is gone on with, not ticked off", ErrPerson)
	case b.Outcome == "" || b.Note == "":
		return fmt.Errorf("%w: a task is done with an outcome and a note", ErrPerson)
	}
	w.emit(CloseTask{Task: b.Task, Subject: b.Subject, Outcome: cut(b.Outcome) + ": " + cut(b.Note)})
	return nil
}

// onDoorByHand: a person has seen that the door is closed.
func (w *work) onDoorByHand() error {
	if !w.DoorBusy() || w.Door.Opened == 0 {
		return fmt.Errorf("%w: its door is not known to be open", ErrPerson)
	}
	w.onClosed()
	return nil
}
