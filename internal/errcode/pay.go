package errcode

// What is wrong with a purchase. Most are tasks or alarms.
const (
	PayUnpaid         Code = "EDG-PAY-001"
	PayShort          Code = "EDG-PAY-002"
	PayHold           Code = "EDG-PAY-003"
	PayUnconfirmed    Code = "EDG-PAY-004"
	PayConflict       Code = "EDG-PAY-005"
	PayRefund         Code = "EDG-PAY-006"
	PayAdjustment     Code = "EDG-PAY-007"
	PayIncident       Code = "EDG-PAY-008"
	PayUnknownHold    Code = "EDG-PAY-009"
	PayParked         Code = "EDG-PAY-010"
	PayLedger         Code = "EDG-PAY-011"
	PayReconciliation Code = "EDG-PAY-012"
	PayHoldReversed   Code = "EDG-PAY-013"
	PayReview         Code = "EDG-PAY-014"
	PayNoDetection    Code = "EDG-PAY-015"
	PayNoDecision     Code = "EDG-PAY-016"
	PayDoorOpen       Code = "EDG-PAY-017"
	PayHoldAge        Code = "EDG-PAY-018"
	PayTwoNumbers     Code = "EDG-PAY-019"
	PayTerminalDay    Code = "EDG-PAY-020"
	PayRestockRefused Code = "EDG-PAY-021"
	PayUnreadable     Code = "EDG-PAY-022"
)

// over is what a customer sees of what is found after his purchase.
const over = "Nothing: the purchase is over."

func payments() []Entry {
	return append(append(payMoney(), payFaults()...), payWaits()...)
}

func payMoney() []Entry {
	return []Entry{
		{
			PayUnpaid, "", "Goods may be gone and no money was taken",
			"The door was or may have been open, and the hold was not charged: nobody decided, the terminal refused, or the hold was gone.",
			"\"Payment failed, no charge\", or nothing any more.",
			"\"edged order show\" has the cause. The merchant decides what becomes of the goods; then \"edged task done N\".", first,
		},
		{
			PayShort, "", "Less was taken than the goods cost",
			"The total was above the hold, or the terminal booked less than it was asked for.",
			"The total and what was paid.",
			"The merchant decides about the rest; raise purchase.hold_limit if it happens often. Then \"edged task done N\".", first,
		},
		{
			PayHold, "", "A hold could not be given back",
			"The terminal did not release it before the acquirer dropped it.",
			"The reservation stays on the card's account for some days.",
			"Answer the customer: nothing was charged. Look why the terminal did not release it; then \"edged task done N\".", first,
		},
		{
			PayUnconfirmed, "", "It is not confirmed that the money was taken",
			"The terminal was asked to take it, and its answer was lost; the hold is gone, so it was taken as far as can be known.",
			"\"Paid\".",
			"Look the receipt up at the terminal or the acquirer; then \"edged task done N\" with what was found.", first,
		},
		{
			PayConflict, "", "Two different decisions about one order",
			"A later recognition or settlement contradicts the one that was carried out, or the door opened after the hold was given back. No money was moved for the later one.",
			over,
			"The merchant compares both (\"edged order show\") and charges or refunds by other means; then \"edged task done N\".", first,
		},
		{
			PayRefund, "", "A refund has to be done by hand",
			"The merchant asked for a refund that the terminal cannot do without the card.",
			"Waits for his money.",
			"Give it back by other means, then \"edged order refund-done\" or \"refund-failed\": the SaaS is told.", first,
		},
		{
			PayAdjustment, "", "An additional charge has to be done by hand",
			"The merchant asked for more after the hold was settled.",
			over,
			"Charge it by other means, or not; then \"edged task done N\" with the outcome.", first,
		},
	}
}

func payFaults() []Entry {
	return []Entry{
		{
			PayIncident, "", "A device or the SaaS did what it must not",
			"A terminal booked what it was not asked for, or the SaaS called about an order without a hold.",
			"His receipt may show another amount.",
			"Compare \"edged order show\" with the terminal's journal; correct the amount by other means. Report it to the manufacturer.", first,
		},
		{
			PayUnknownHold, "", "The terminal holds money that no order knows",
			"A hold was made at the terminal itself, by another cash register, or by an edged whose store was lost.",
			"A reservation that nobody settles.",
			"\"edged terminal status\" names the receipts. Settle or reverse them at the terminal; then \"edged task done N\".", first,
		},
		{
			PayParked, "", "edged failed on an order",
			"A fault of edged: the order is set aside with its state, others go on.",
			"The display goes on without this order; a hold may stay.",
			"Keep \"edged order show --json\", report it, then \"edged order resume ORDER\".", first,
		},
		{
			PayLedger, "", "The money of an order does not add up",
			"A fault of edged: the entries of the order contradict each other.",
			over,
			"Keep \"edged order show --json\" and report it. Compare the order with the terminal's receipts.", first,
		},
		{
			PayReconciliation, "", "The terminal counted other money than edged",
			"At the end of day the terminal's total differs from what edged booked there.",
			over,
			"\"edged ledger\" shows both. Look for payments keyed in at the terminal and for unconfirmed captures; then \"edged task done N\".", first,
		},
	}
}

func payWaits() []Entry {
	return []Entry{
		{
			PayHoldReversed, "", "The terminal took a hold back",
			"After edged's acknowledgement the terminal ended the hold by itself, or a session was lost.",
			"\"Payment stopped, no charge\" if the door had not opened.",
			"If the door opened there is a task. If it repeats, check the terminal's line and version.", first,
		},
		{
			PayReview, "", "A purchase waits for the merchant",
			"Recognition failed, was unreadable, or left it to the merchant. The hold stays.",
			"\"We check your purchase\" and the most he pays.",
			"The merchant decides in the vendor's console before decision_deadline.", first,
		},
		{
			PayNoDetection, "", "Nothing is heard of what was taken",
			"The door is closed, or was asked for, and no recognition has come.",
			"\"Checking your items\".",
			"Is the cabinet online in the vendor's console, can the SaaS reach callbacks.public_url? The SaaS is asked meanwhile.", first,
		},
		{
			PayNoDecision, "", "Nobody decided in time",
			"decision_deadline or the terminal's end of day came first; the order ended as on_deadline says.",
			over,
			"Decide earlier, or raise decision_deadline. An unpaid one has its task.", first,
		},
		{
			PayDoorOpen, "", "A door is not closed",
			"The door has been open for longer than door_alarm.",
			"\"Please close the door\".",
			"Close it. If it is closed, its contact or the cabinet's link to the SaaS is at fault.", first,
		},
		{
			PayHoldAge, "", "A hold is old",
			"Three quarters of its life are over and the order is not decided.",
			"\"We check your purchase\", or nothing any more.",
			"Decide it in the vendor's console before the hold expires.", first,
		},
		{
			PayTwoNumbers, "", "The SaaS called one order by two numbers",
			"Two callbacks of one order carry different numbers; the first is kept.",
			nothing,
			"Ask the vendor which one is right, with \"edged order show\".", first,
		},
		{
			PayTerminalDay, "", "An end of day or maintenance failed",
			"The terminal could not settle, or holds money that no order asked for.",
			"\"Out of service\" with E12 while it is tried.",
			"\"edged terminal status\" says what the terminal wants. Run it again with \"edged terminal end-of-day LANE\".", first,
		},
		{
			PayRestockRefused, "", "A restock could not start",
			"The lane has a card or an open door.",
			"\"Restock not now, a customer is here\".",
			"Wait for the customer and show the badge again.", first,
		},
		{
			PayUnreadable, "", "A stored order or record cannot be read",
			"It is damaged or of a newer version. It stays in the store.",
			"A hold may stay open.",
			"The log names it. Compare the terminal's holds with \"edged order ls\"; report it.", first,
		},
	}
}
