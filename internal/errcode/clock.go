package errcode

// What is wrong with the clock.
const (
	ClockUnsynced Code = "EDG-CLOCK-001"
	ClockPowered  Code = "EDG-CLOCK-002"
)

func clocks() []Entry {
	return []Entry{
		{
			ClockUnsynced, "", "The clock is not synchronised",
			"The kernel says that nobody has set the clock since the start: no NTP server is reached, or none is configured.",
			nothing,
			"Check NTP (\"timedatectl\"). No deadline of a purchase depends on it; times in journals and the ledger's days may be wrong (marked \"?\"), and the end of day runs every 24 h of uptime.", first,
		},
		{
			ClockPowered, "", "The kept powered-on time is unreadable",
			"The record of how long this gateway has been powered on is damaged; it starts anew.",
			nothing,
			"Nothing, unless it repeats: then the flash is failing. A hold that was open may expire at the acquirer before edged gives it back.", first,
		},
	}
}
