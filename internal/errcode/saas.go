package errcode

// What is wrong with calls to the SaaS.
const (
	SaaSNetwork      Code = "EDG-SAAS-001"
	SaaSTimeout      Code = "EDG-SAAS-002"
	SaaSAuth         Code = "EDG-SAAS-003"
	SaaSRateLimited  Code = "EDG-SAAS-004"
	SaaSServer       Code = "EDG-SAAS-005"
	SaaSRefused      Code = "EDG-SAAS-006"
	SaaSProtocol     Code = "EDG-SAAS-007"
	SaaSInvalid      Code = "EDG-SAAS-008"
	SaaSOtherAccount Code = "EDG-SAAS-009"
	SaaSDeadReport   Code = "EDG-SAAS-010"
)

// saasAway is what a customer sees without the SaaS.
const saasAway = "\"Out of service\" with E01 if it lasts. A purchase that has begun is finished; its report is sent later."

func saas() []Entry { return append(saasLines(), saasAnswers()...) }

func saasLines() []Entry {
	return []Entry{
		{
			SaaSNetwork, "", "No connection to the SaaS",
			"DNS, the connection or TLS failed, or the connection was lost.",
			saasAway,
			"Check router, SIM and DNS from this machine. A certificate that is not accepted points to a captive portal, or to a TLS proxy whose authority is not installed.", first,
		},
		{
			SaaSTimeout, "", "The SaaS does not answer in time",
			"The connection stands and no answer comes before saas.timeout, or a command was too late to be sent.",
			saasAway + " A door that was asked for may still open: the hold is kept until that is known.",
			"Check the line's latency and loss. Raise saas.timeout only if the line is slow and steady.", first,
		},
		{
			SaaSAuth, "", "The SaaS refuses the account",
			"The login was refused, or the account may not do this: a wrong key or secret, or a machine of another account.",
			"\"Door not available, no charge\".",
			"Compare saas.app_id, key and secret files with the vendor's console, and that the machines belong to this account.", first,
		},
		{
			SaaSRateLimited, "", "The SaaS is asked too often",
			"It limits calls per account. edged slows down by itself.",
			"\"Door not available\" if it hits an opening; reports are sent later.",
			"If it stays, other programs use the same account: give the gateway one of its own, or ask the vendor for more.", first,
		},
		{
			SaaSServer, "", "The SaaS fails",
			"It answered with a server error (HTTP 5xx).",
			saasAway,
			"Nothing here. Ask the vendor if it lasts; reports wait and are sent.", first,
		},
	}
}

func saasAnswers() []Entry {
	return []Entry{
		{
			SaaSRefused, "", "The SaaS says no",
			"A readable answer that refuses the call: the machine is offline, the door is unknown, or a report does not suit it. Its words are in the log and the order's journal.",
			"\"Door not available, no charge\".",
			"\"edged order show\" has the SaaS's words. Check machine_id and door in the file, and that the machine is online in the vendor's console.", first,
		},
		{
			SaaSProtocol, "", "What answers is not the SaaS",
			"HTML, a redirect, or something else than the documented answer: a captive portal, a proxy, a wrong saas.base_url.",
			saasAway,
			"Open saas.base_url from this machine (\"curl -v\") and see who answers.", first,
		},
		{
			SaaSInvalid, "", "A request breaks the vendor's document",
			"edged would have sent something that the document does not allow: a fault of edged, or values in the file that nobody checked. Nothing was sent.",
			"\"Door not available, no charge\".",
			"The log names the field. Check machine_id and app_id; else report it with \"edged order show --json\".", first,
		},
		{
			SaaSOtherAccount, "", "A report belongs to another account",
			"base_url or app_id was changed while reports were waiting. They go only to the account of their order.",
			nothing,
			"Configure the old account again until \"edged queue ls\" is empty, or drop the reports by hand with a reason.", first,
		},
		{
			SaaSDeadReport, "", "The SaaS refuses a payment report",
			"The report was delivered and refused. It is a dead letter: it is sent again every 6 hours.",
			"Nothing: the purchase is over.",
			"\"edged queue ls\" and \"edged order show\" have the SaaS's words. Clear it with the vendor, then \"edged queue retry N\", or \"edged queue drop N\" with a reason.", first,
		},
	}
}
