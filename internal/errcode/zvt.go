package errcode

// What a card terminal answers to a command, whatever its protocol, and what is wrong
// with the line to a ZVT terminal.
const (
	TermDeclined    Code = "EDG-ZVT-001"
	TermNobodyCame  Code = "EDG-ZVT-002"
	TermAborted     Code = "EDG-ZVT-003"
	TermCardError   Code = "EDG-ZVT-004"
	TermHostOffline Code = "EDG-ZVT-005"
	TermNotOpen     Code = "EDG-ZVT-006"
	TermReversed    Code = "EDG-ZVT-007"
	TermUnsupported Code = "EDG-ZVT-008"
	TermBusy        Code = "EDG-ZVT-009"
	TermSetup       Code = "EDG-ZVT-010"
	TermLine        Code = "EDG-ZVT-011"
	TermRefused     Code = "EDG-ZVT-012"
	TermOther       Code = "EDG-ZVT-013"

	ZVTSilent     Code = "EDG-ZVT-014"
	ZVTNotTaken   Code = "EDG-ZVT-015"
	ZVTGarbage    Code = "EDG-ZVT-016"
	ZVTUnusable   Code = "EDG-ZVT-017"
	ZVTSettings   Code = "EDG-ZVT-018"
	ZVTNotDurable Code = "EDG-ZVT-019"
	ZVTDetached   Code = "EDG-ZVT-020"
	ZVTBuild      Code = "EDG-ZVT-021"
	ZVTNoFrame    Code = "EDG-ZVT-022"
	ZVTUnread     Code = "EDG-ZVT-023"
	ZVTOtherHold  Code = "EDG-ZVT-024"
)

func terminals() []Entry {
	return append(append(terminalCards(), terminalStates()...), terminalLines()...)
}

func terminalCards() []Entry {
	return []Entry{
		{
			TermDeclined, "", "The card was declined",
			"The issuer or the terminal said no to the hold, or the card cannot be used for one.",
			"\"Card declined, no charge\". The lane is ready for the next card.",
			"Nothing. If every card is declined, \"edged order show\" has the terminal's own code: ask the acquirer whether pre-authorisations are enabled for this terminal.", first,
		},
		{
			TermNobodyCame, "", "Nobody presented a card in time",
			"The terminal stopped waiting, as it does at regular intervals.",
			"Nothing, or \"Time is over, please tap again\".",
			"Nothing: the terminal is armed again at once.", first,
		},
		{
			TermAborted, "", "The command was stopped",
			"edged stopped it (a lane was taken out, the daemon stops), or the customer pressed the stop key.",
			"\"Cancelled, no charge\".",
			"Nothing.", first,
		},
		{
			TermCardError, "", "The card could not be read",
			"It was removed too early, or is damaged.",
			"\"Card not read, please try again\".",
			"Nothing. If it happens with many cards, clean the reader or have the terminal replaced.", first,
		},
		{
			TermHostOffline, "", "The terminal cannot reach its host",
			"The terminal has no connection to the acquirer: its own network or SIM, or the acquirer is down.",
			"\"No bank connection, please try later\". Money of a finished purchase is taken later.",
			"Check the terminal's own network (cable, SIM, firewall). edged repeats captures and releases until the host answers.", first,
		},
		{
			TermNotOpen, "", "The hold is not open any more",
			"The terminal was asked to take or give back a hold that it does not list: it expired, was reversed, or was settled at the terminal.",
			"Nothing: the door is closed long since.",
			"\"edged order show\" tells what became of the hold; if money is missing there is a task (\"edged task ls\").", first,
		},
	}
}

func terminalStates() []Entry {
	return []Entry{
		{
			TermReversed, "", "The terminal took a result back by itself",
			"The terminal did not get edged's acknowledgement, or its own storage failed, and it reversed the hold or the capture.",
			"\"Payment stopped, no charge\" if it was the hold.",
			"Nothing for a single one. Several point to the line: check the cable, and the log for EDG-ZVT-016 and EDG-ZVT-019.", first,
		},
		{
			TermUnsupported, "", "The terminal cannot do this",
			"The terminal or its contract lacks the function (pre-authorisation, partial capture, reversal), or refuses it for this card.",
			"\"Card not accepted\" if it concerns the hold.",
			"Compare terminal.profile and terminal.capture in the file with the terminal's model; ask the acquirer to enable pre-authorisation and partial reversal.", first,
		},
		{
			TermBusy, "", "The terminal is busy",
			"It carries out something else: its own menu is open, a card is still inserted, or it asked to wait.",
			"\"One moment\"; the command is repeated.",
			"Leave the terminal's menu, take out a forgotten card. If it stays, restart the terminal.", first,
		},
		{
			TermSetup, "", "The terminal is not set up for edged",
			"A wrong password or currency, no registration, or the terminal wants its end of day, diagnosis or initialisation first.",
			"The display says \"Out of service\" with E11 or E12, or \"Terminal fault\".",
			"Check terminal.password_file and the currency. \"edged terminal status\" says what the terminal asks for; \"edged terminal end-of-day LANE\" runs an end of day.", first,
		},
		{
			TermLine, "", "The line to the terminal broke during a command",
			"The terminal went away, or did not answer, while it carried out a command. What became of the command is in doubt until the terminal is asked.",
			"\"Terminal fault, please try again\" before a purchase; nothing after it.",
			"Check power and cable. edged asks the terminal for its open holds before it goes on; nothing is to be done for the order.", first,
		},
		{
			TermRefused, "", "The terminal refuses the command as it is",
			"The amount, the receipt or the moment does not suit it.",
			"\"Terminal fault\" if it concerns the hold.",
			"\"edged order show\" has the terminal's own code. Compare terminal.profile with the model and report it if the order stays open.", first,
		},
		{
			TermOther, "", "The terminal failed for a reason of its own",
			"A hardware or software fault that its result code does not explain further.",
			"\"Terminal fault, please try again\".",
			"\"edged order show\" has the terminal's own code for its manufacturer. Restart the terminal; if it repeats, have it replaced.", first,
		},
	}
}

func terminalLines() []Entry {
	return []Entry{
		{
			ZVTSilent, "", "The terminal does not answer",
			"The port is open, bytes are sent, and nothing comes back in time.",
			"The display says \"Out of service\" with E11.",
			"Is the terminal on, is its ZVT interface enabled and on this port? Check baud rate and stop bits in its menu, and that the cable is the one for serial ZVT.", first,
		},
		{
			ZVTNotTaken, "", "The terminal acknowledges nothing",
			"What edged sends is never acknowledged, though the line stands.",
			"The display says \"Out of service\" with E11.",
			"Usually the terminal hears nothing: a crossed or broken transmit line, or another baud rate. Check the cable and terminal.baud.", first,
		},
		{
			ZVTGarbage, "", "The terminal sends garbage",
			"What arrives is no ZVT: another speed, another protocol, disturbances, or another program on the line.",
			"The display says \"Out of service\" with E11.",
			"Check terminal.baud and the protocol chosen in the terminal's menu; route the cable away from motors and compressors.", first,
		},
		{
			ZVTUnusable, "", "The terminal cannot be used as it is",
			"It answers, but lacks what a purchase needs, or is in a state that only a person can end.",
			"The display says \"Out of service\" with E11.",
			"Read the reason in \"edged status\"; compare terminal.profile and terminal.capture with the model. Put the terminal into operation with its own menu.", first,
		},
		{
			ZVTSettings, "", "The terminal refuses edged's settings",
			"Registration was refused: a wrong password, currency or service byte.",
			"The display says \"Out of service\" with E11.",
			"Check terminal.password_file (six digits), the currency, and whether the terminal is bound to another cash register.", first,
		},
		{
			ZVTNotDurable, "", "A result could not be stored in time",
			"The terminal waits for edged's word, and the store did not commit before it may give up. The result is refused, and the terminal takes it back.",
			"\"Payment stopped, no charge\".",
			"The store is slow or broken: see \"edged status\" and the codes EDG-STORE. Nothing is to be done for the order.", first,
		},
		{
			ZVTDetached, "", "A command was not given: no terminal is attached",
			"The lane wanted something of a terminal that has just gone.",
			"The display says \"Out of service\" with E11.",
			"See EDG-LANE-011. The command is given again when the terminal is back.", first,
		},
		{
			ZVTBuild, "", "A command cannot be written",
			"An amount or a receipt number does not fit into the protocol's field: a fault of edged. Nothing was sent.",
			"\"Terminal fault\", or nothing.",
			"Keep \"edged order show --json\" of the order and report it.", first,
		},
		{
			ZVTNoFrame, "", "Bytes come from the terminal, and none is a ZVT frame",
			"Terminal and edged talk at different speeds (another baud rate or another frame), or what is on the port is no ZVT terminal.",
			"The display says \"Out of service\" with E11.",
			"Compare baud rate and stop bits in the terminal's menu with terminal.baud and terminal.stop_bits (9600 and 2 as a rule). If they agree, another device is on this port: \"edged ports\".", first,
		},
		{
			ZVTUnread, "", "A part of the terminal's answer cannot be read",
			"The terminal sent a field that is not as the ZVT document has it. The rest was used, and the field is kept with the order.",
			nothing,
			"Nothing for the order. Report the model and the software version of the terminal with \"edged order show --json\".", first,
		},
		{
			ZVTOtherHold, "", "The hold cannot be settled at this terminal",
			"The hold was made at another terminal (it was exchanged while an order was open), or lacks its receipt number.",
			"Nothing, or the reservation stays on the card's account for some days.",
			"Connect the terminal that made the hold again until \"edged order ls\" shows no open order; exchange it then. Else settle the hold with the acquirer, and end the task.", first,
		},
	}
}
