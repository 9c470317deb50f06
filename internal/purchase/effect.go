package purchase

import "edged/internal/money"

// Effect is something to do after the new state is on flash.
type Effect interface{ effect() }

// OpenDoor asks the SaaS to open the door. It starts only when the terminal has
// taken our acknowledgement of After (or at once, if After is empty) and never
// after Deadline (M5). Its answer comes back as OpenAnswered{Attempt}.
type OpenDoor struct {
	Attempt   int // from 1
	After     CommandID
	MachineID string
	Door      int
	Deadline  Deadline
}

// Command gives the terminal something to do for this order. It ends in one
// Ended.
type Command struct{ TerminalCommand }

// SendReport puts a report into the outbox, in the same commit.
type SendReport struct{ Report Report }

// Refused tells the poster of a terminal result not to accept it; the terminal
// then takes it back.
type Refused struct{ Why string }

// OpenTask asks for a person. Subject makes it unique within the order and kind.
type OpenTask struct {
	Task    TaskKind
	Subject string
	Amount  money.Minor
	Text    string
}

// CloseTask ends a task that is no longer needed or was done.
type CloseTask struct {
	Task    TaskKind
	Subject string
	Outcome string
}

// Alarm tells the operator. It is not stored.
type Alarm struct {
	Alarm AlarmKind
	Text  string
}

// Remind reminds the customer that the door is open.
type Remind struct{}

// Poll asks the SaaS about the order by its TransID; what is unambiguous in the
// answer comes back as any callback would.
type Poll struct{ TransID string }

func (OpenDoor) effect()   {}
func (Command) effect()    {}
func (SendReport) effect() {}
func (Refused) effect()    {}
func (OpenTask) effect()   {}
func (CloseTask) effect()  {}
func (Alarm) effect()      {}
func (Remind) effect()     {}
func (Poll) effect()       {}

// TaskKind names what a person has to do.
type TaskKind string

// The tasks.
const (
	TaskRefund      TaskKind = "refund"       // give money back by other means
	TaskAdjustment  TaskKind = "adjustment"   // charge more by other means, or not
	TaskShort       TaskKind = "paid_short"   // the hold was smaller than the total
	TaskUnpaid      TaskKind = "unpaid"       // goods may be gone, no money
	TaskHold        TaskKind = "hold"         // a hold could not be given back
	TaskConflict    TaskKind = "conflict"     // two different decisions
	TaskUnconfirmed TaskKind = "unconfirmed"  // paid as far as we can know
	TaskIncident    TaskKind = "incident"     // a device did what it must not
	TaskDeadReport  TaskKind = "dead_report"  // the SaaS refused a report
	TaskUnknownHold TaskKind = "unknown_hold" // the terminal holds money nobody here knows of
	TaskParked      TaskKind = "parked"       // a broken promise of our own
	TaskLedger      TaskKind = "ledger"       // another: the money of an order does not add up
	// TaskReconciliation: at its end of day a terminal counted other money than edged.
	TaskReconciliation TaskKind = "reconciliation"
)

// AlarmKind names an alarm.
type AlarmKind string

// The alarms.
const (
	AlarmHoldReversed AlarmKind = "hold_reversed" // after our acknowledgement
	AlarmReview       AlarmKind = "review"
	AlarmNoDetection  AlarmKind = "no_detection"
	AlarmConflict     AlarmKind = "conflict"
	AlarmOrderNo      AlarmKind = "order_no" // two different SaaS order numbers
	AlarmNoOrderNo    AlarmKind = "no_order_no"
	AlarmDoorOpen     AlarmKind = "door_open"
	AlarmHoldAge      AlarmKind = "hold_age"
	AlarmUnpaid       AlarmKind = "unpaid"
	AlarmDeadReport   AlarmKind = "dead_report"
	AlarmIncident     AlarmKind = "incident"
	AlarmNoDecision   AlarmKind = "no_decision"
	AlarmExpired      AlarmKind = "expired"
)
