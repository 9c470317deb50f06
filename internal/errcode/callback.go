package errcode

// What is wrong with callbacks.
const (
	CallbackForged     Code = "EDG-CB-001"
	CallbackMalformed  Code = "EDG-CB-002"
	CallbackMismatch   Code = "EDG-CB-003"
	CallbackNotDurable Code = "EDG-CB-004"
	CallbackTooMany    Code = "EDG-CB-005"
	CallbackBusy       Code = "EDG-CB-006"
	CallbackStray      Code = "EDG-CB-007"
	CallbackMissing    Code = "EDG-CB-008"
)

func callbacks() []Entry {
	return []Entry{
		{
			CallbackForged, "", "A callback has no valid signature",
			"Its path was not made by this gateway's key: a scanner on the internet, or the key was changed while orders were open.",
			nothing,
			"Single ones are harmless. If they are of your own orders, keep the old key as a second line of callbacks.mac_key_file until they are closed.", first,
		},
		{
			CallbackMalformed, "", "A callback cannot be read",
			"It is too large, too slow, not POST, or not what the vendor's document says.",
			nothing + " If the SaaS cannot deliver the recognition, the order waits for its deadline.",
			"If it comes from the vendor: report it with the log. A proxy before callbacks.listen may cut or change bodies.", first,
		},
		{
			CallbackMismatch, "", "A callback is about another order than its path",
			"The body names another order than the address it was sent to.",
			nothing,
			"Report it to the vendor with the log: nothing was believed.", first,
		},
		{
			CallbackNotDurable, "", "A callback could not be stored",
			"The store did not commit it, so it was not answered with 200; the SaaS repeats it.",
			"The display stays where it is until the callback comes again.",
			"See \"edged status\" and the codes EDG-STORE.", first,
		},
		{
			CallbackTooMany, "", "Too many different callbacks of one order",
			"More events came for one order than any purchase has.",
			nothing,
			"\"edged order show\" lists them. Report it to the vendor.", first,
		},
		{
			CallbackBusy, "", "Too many callbacks at once",
			"More bodies were on their way than are read at a time; the rest is told to come again.",
			nothing,
			"Nothing for a short time. If it stays, somebody floods callbacks.listen: limit who may reach it.", first,
		},
		{
			CallbackStray, "", "A callback of an order that nobody knows",
			"Its signature is good, but the store has no such order: it was lost or restored from an old copy. It is kept as a dead letter.",
			"Unknown: money may be held at the terminal.",
			"Read it with \"edged queue show N\", compare with \"edged terminal status\" (unknown receipts), settle it with the merchant, then \"edged queue drop N\".", first,
		},
		{
			CallbackMissing, "", "No callback has brought the SaaS's order number",
			"A report needs a number that comes by callback only, and none has come.",
			"Nothing: the purchase is over.",
			"Can the SaaS reach callbacks.public_url? Check DNS, certificate, port forwarding and the relay. The report is sent as soon as a callback comes.", first,
		},
	}
}
