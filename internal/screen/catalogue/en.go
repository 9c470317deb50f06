package catalogue

func english() *Texts {
	return &Texts{
		Decimal: ".",

		Starting:     "Starting\nPlease wait",
		Moment:       "One moment\nPlease wait",
		OutOfService: "Out of service\nCode\t{code}",

		Idle: []Text{
			"Tap card to open\nCard hold|Hold\t{limit}",
			"Pay what you take\nCard hold|Hold\t{limit}",
		},
		IdleDoor:     "{door}\nCard hold|Hold\t{limit}",
		Authorising:  "Please wait\nCard hold|Hold\t{limit}",
		StillWorking: "Still working\nCard hold|Hold\t{limit}",

		Opening:     "Opening the door\nCard hold|Hold\t{held}",
		OpeningDoor: "Opening {door}\nCard hold|Hold\t{held}",
		GrantedLess: "You can spend up to\n\t{held}",
		InDoubt:     "Please wait. If the\ndoor stays closed\fdoor stays closed\nyou pay nothing",

		Open:          "Door open\nTake your items",
		OpenDoor:      "{door} open\nTake your items",
		CloseWhenDone: "Close the door\nwhen you are done",
		Remind:        "Please close\nthe door\fYou pay when the\ndoor is closed",

		Detecting:     "Checking your items\nPlease wait",
		DetectingLong: "Checking your items\nYou may leave\fYou pay at most\n\t{held}",
		Review:        "We check your\npurchase.\fYou pay at most\n\t{held}",

		Total:     "Your purchase",
		TotalRow:  "TOTAL\t{total}",
		MoreItems: "and more items",
		Capturing: "Payment under way\nTOTAL\t{total}\fYou may leave\nTOTAL\t{total}",

		Paid:         "Paid. Thank you",
		PaidShort:    "TOTAL\t{total}\nYou pay|Paid\t{captured}",
		NothingTaken: "Nothing taken\nNo charge",
		Released:     "Nothing charged.\nYour bank may show\fthe reservation\nfor some days",
		Unpaid:       "Payment failed\nNo charge",

		Declined:      "Card declined\nNo charge\fTry another card\nNo charge",
		TimedOut:      "Time is over\nNo charge\fPlease tap again\nNo charge",
		Aborted:       "Cancelled\nNo charge",
		CardError:     "Card not read\nNo charge\fPlease try again\nNo charge",
		NoHost:        "No bank connection\nNo charge\fPlease try later\nNo charge",
		TerminalFault: "Terminal fault\nNo charge\fPlease try again\nNo charge",
		NotAccepted:   "Card not accepted\nNo charge\fTry another card\nNo charge",
		ShortGrant:    "Card declined\nNo charge\fCard allows only\n\t{held}",

		Cancelled:      "Cancelled\nNo charge",
		DoorRefused:    "Door not available\nNo charge",
		NoConnection:   "No connection\nNo charge",
		DoorSilent:     "Door did not open\nNo charge",
		PaymentStopped: "Payment stopped\nNo charge",

		Restock:        "Restock mode\nPlease wait",
		RestockOpening: "Restock mode\nThe door opens",
		RestockOpen:    "Restock mode\nDoor open\t{minutes} min",
		RestockClosed:  "Restock mode\nConfirm the counts",
		RestockRefused: "Restock not now\nA customer is here",
	}
}
