package errcode

// Why a lane does not sell. The last two digits are those that the display shows.
const (
	LaneSaaSUnreachable Code = "EDG-LANE-001"
	LaneMachineLocked   Code = "EDG-LANE-002"
	LaneDiskReserve     Code = "EDG-LANE-003"
	LaneStoreBroken     Code = "EDG-LANE-004"
	LaneNoConfig        Code = "EDG-LANE-005"
	LaneLimitUnknown    Code = "EDG-LANE-006"
	LaneOperator        Code = "EDG-LANE-007"
	LaneStarting        Code = "EDG-LANE-008"
	LaneTerminalDown    Code = "EDG-LANE-011"
	LaneTerminalWork    Code = "EDG-LANE-012"
	LaneNoRoom          Code = "EDG-LANE-013"
	LaneDoorOpen        Code = "EDG-LANE-014"
	LaneRestocking      Code = "EDG-LANE-015"
	LaneUnknownHolds    Code = "EDG-LANE-016"
	LaneDraining        Code = "EDG-LANE-017"
	LaneOther           Code = "EDG-LANE-099"
)

func lanes() []Entry {
	return append(lanesFromOutside(), lanesOwn()...)
}

func lanesFromOutside() []Entry {
	return []Entry{
		{
			LaneSaaSUnreachable, "E01", "The SaaS cannot be reached",
			"No call and no TLS handshake gets through, or what answers is not the SaaS (a captive portal, a proxy). Without it no door opens.",
			outOfService,
			"Look at \"edged status\": it names the last failure, with its own code. Check the network, DNS and the router. Selling starts again by itself.", first,
		},
		{
			LaneMachineLocked, "E02", "The cabinet is locked in the SaaS",
			"The SaaS reports the state that saas.locked_state names.",
			outOfService,
			"Unlock the machine in the vendor's console. edged asks once a minute and goes on by itself.", first,
		},
		{
			LaneDiskReserve, "E03", "The disk is full",
			"The reserve that is kept for money was given up to settle open purchases, or cannot be made.",
			outOfService,
			"Make room on the file system of state_dir (\"edged status\" says how much is free). Open purchases are settled; the lane sells when the reserve is there again.", first,
		},
		{
			LaneStoreBroken, "E04", "The store commits nothing",
			"Writing or syncing the database failed. It is written to a new file, with back-off, until that succeeds.",
			outOfService,
			"\"edged status\" names the cause with its own code. If it stays, the flash is failing or read-only: see the kernel's log (dmesg) and replace it. Keep state_dir: it holds open purchases.", first,
		},
		{
			LaneNoConfig, "E05", "The configuration is not valid",
			"The file has mistakes. edged settles and reports open purchases with the last valid one and sells nothing.",
			outOfService,
			"\"edged check\" names every mistake. Mend the file and restart edged.", first,
		},
		{
			LaneLimitUnknown, "E06", "It is not known what to hold on a card",
			"purchase.hold_limit is not configured and the SaaS has not told the cabinet's limit and currency, now or before.",
			outOfService,
			"Set the pre-authorisation limit of the machine in the vendor's console, or purchase.hold_limit and currency in the file. With the first it goes on by itself.", first,
		},
		{
			LaneOperator, "E07", "Taken out of service by a person",
			"Somebody ran \"edged lane out\". It stays so over a restart.",
			outOfService,
			"\"edged audit\" says who did it and why. Bring the lane back with \"edged lane in LANE\".", first,
		},
		{
			LaneStarting, "E08", "edged is starting",
			"The store is being read, terminals are being registered.",
			"The display says \"Starting\", after some seconds \"Out of service\" with the code.",
			"Wait a minute. If it stays, another code beside it says why.", first,
		},
	}
}

func lanesOwn() []Entry {
	return []Entry{
		{
			LaneTerminalDown, "E11", "The card terminal does not answer",
			"The line to the terminal is down, or it does not register.",
			outOfService,
			"\"edged status\" says why, with a code of its own. Check power and cable of the terminal; \"edged ports\" shows which ports are there. It comes back by itself, also after it was plugged in again.", first,
		},
		{
			LaneTerminalWork, "E12", "The terminal does its end of day or maintenance",
			"The terminal settles with its acquirer, or asked for diagnosis or initialisation first.",
			"The display asks for a moment; if it lasts, \"Out of service\" with the code.",
			"Wait some minutes. \"edged terminal status\" says what it does. If it repeats, the terminal cannot reach its host: check its own network.", first,
		},
		{
			LaneNoRoom, "E13", "The terminal holds as many amounts as it can",
			"As many holds are open as max_holds allows; they wait for a recognition or a decision.",
			"The display asks for a moment; if it lasts, \"Out of service\" with the code.",
			"\"edged order ls\" shows which orders are open. Purchases in review end when the merchant decides, or at decision_deadline.", first,
		},
		{
			LaneDoorOpen, "E14", "The door may be open",
			"The door was opened, or may have been, and no callback has told that it was closed.",
			"The display of the order (\"Please close the door\"), then \"Out of service\" with the code.",
			"Close the door. If it is closed, its contact or the cabinet's link to the SaaS is at fault; after looking, \"edged lane in LANE\".", first,
		},
		{
			LaneRestocking, "E15", "A restock is under way",
			"A badge started a restock that is not finished.",
			"The display says \"Restock mode\".",
			"Finish the restock, or end one that was never confirmed with \"edged lane in LANE\".", first,
		},
		{
			LaneUnknownHolds, "E16", "The open holds of the terminal are not known",
			"The terminal has not been asked yet since it came up, or the end of a card's authorisation is unclear.",
			"The display asks for a moment; if it lasts, \"Out of service\" with the code.",
			"Wait: the terminal is asked again and again. If it stays, \"edged terminal status\" and the log say what the terminal answers.", first,
		},
		{
			LaneDraining, "E17", "The lane is no longer configured",
			"It is gone from the file and only finishes its open orders.",
			outOfService,
			"\"edged order ls\" shows what is open. The lane goes away with the last one; put it back into the file if that was a mistake.", first,
		},
		{
			LaneOther, "E99", "A reason without a code of its own",
			"The display was given a reason that it does not know: a fault of edged.",
			outOfService,
			"\"edged lane ls\" names the reason. Report it with the version (\"edged version\").", first,
		},
	}
}
