package watch

const (
	fleetUID   = "edged-fleet"
	gatewayUID = "edged-gateway"
)

// Units as Grafana names them. Money is in minor units of its currency.
const (
	pieces  = "short"
	seconds = "s"
	minor   = "suffix: minor units"
	celsius = "celsius"
	bytesIS = "bytes"
	ratio   = "percentunit"
	perSec  = "ops"
	yesNo   = "bool"
)

func at(v float64) *float64 { return &v }

// Boards are all dashboards.
func Boards() []Board { return []Board{Fleet(), Gateway()} }

// chosen are the variables of every query about a fleet.
const chosen = `job=~"$job", site=~"$site", instance=~"$instance"`

// Fleet says who sells and who does not, and where money is.
func Fleet() Board {
	return Board{
		UID: fleetUID, Title: "edged / Fleet",
		Description: "Who sells, who does not and why, money in flight and in doubt, what is owed.",
		Rows:        []Row{fleetNumbers(), fleetSelling(), fleetMoney(), fleetMachines()},
	}
}

func fleetNumbers() Row {
	number := func(title, says, unit, expr string, red *float64, book string) Panel {
		return Panel{Title: title, Description: says, Kind: Number, Unit: unit, Width: 3, Queries: []Query{{Expr: expr, Legend: title}}, Red: red, Runbook: book}
	}
	silent := number("Silent", "Gateways that were heard within a day and are not heard now.", pieces,
		`count(max by (job, site, instance) (max_over_time(edged_build_info{`+chosen+`}[1d])) unless on (job, site, instance) edged_build_info) or vector(0)`, at(1), "EdgedGatewaySilent")
	return Row{Title: "Now", Height: 4, Panels: []Panel{
		number("Gateways", "Gateways that give metrics now.", pieces, `count(edged_build_info{`+chosen+`})`, nil, ""),
		silent,
		number("Lanes that sell", "Share of all lanes that take cards now.", ratio, `sum(edged_lane_selling{`+chosen+`}) / count(edged_lane_selling{`+chosen+`})`, nil, "EdgedLaneOutOfService"),
		number("Held", "Money on hold at the issuers now: purchases under way.", minor, `sum by (currency) (edged_money_open_minor_units{`+chosen+`, account="held"})`, nil, "EdgedMoneyOwed"),
		number("In doubt", "Money of which it is not known yet whether a terminal took it.", minor, `sum by (currency) (edged_money_open_minor_units{`+chosen+`, account="in_doubt"})`, at(1), "EdgedMoneyInDoubt"),
		number("Oldest owed report", "Age of the oldest payment report that the SaaS has not acknowledged.", seconds, `max(edged_queue_oldest_eligible_seconds{`+chosen+`, class="report"})`, at(4*3600), "EdgedReportsWait"),
		number("Tasks", "What waits for a person.", pieces, `sum(edged_tasks_open{`+chosen+`})`, at(1), "EdgedTasksWait"),
		number("Dead letters", "Reports that the SaaS refuses, and callbacks of unknown orders.", pieces, `sum(edged_dead_letters{`+chosen+`})`, at(1), "EdgedDeadLetters"),
	}}
}

func fleetSelling() Row {
	return Row{Title: "Selling", Height: 8, Panels: []Panel{
		{
			Title: "Lanes that sell", Description: "Lanes that take cards, by site.", Kind: Lines, Unit: pieces, Width: 12, Min: at(0),
			Queries: []Query{{Expr: `sum by (job, site) (edged_lane_selling{` + chosen + `})`, Legend: "{{site}}"}},
		},
		{
			Title: "Who does not sell, and why", Description: "Every reason that stands against selling now. Some belong to the day's work.", Kind: Table, Unit: pieces, Width: 12, ToGateway: true, Runbook: "EdgedLaneOutOfService",
			Queries: []Query{{
				Expr: `max by (job, site, instance, lane, reason) (edged_lane_out_of_service{` + chosen + `}) == 1`, Legend: "{{instance}} {{lane}} {{reason}}",
				Empty: "every lane sells",
			}},
		},
		{
			Title: "Terminals that do not answer", Description: "Lanes whose card terminal is down now.", Kind: Table, Unit: pieces, Width: 12, ToGateway: true, Runbook: "EdgedTerminalDown",
			Queries: []Query{{Expr: `edged_device_up{` + chosen + `, device="terminal"} == 0`, Legend: "{{instance}} {{lane}}", Empty: "every terminal answers"}},
		},
		{
			Title: "Orders that ended", Description: "Purchases per hour by their outcome.", Kind: Lines, Unit: pieces, Width: 12, Min: at(0),
			Queries: []Query{{Expr: `sum by (outcome) (increase(edged_orders_total{` + chosen + `}[1h]))`, Legend: "{{outcome}}"}},
		},
	}}
}

func fleetMoney() Row {
	return Row{Title: "Money", Height: 8, Panels: []Panel{
		{
			Title: "Captured per hour", Description: "Money taken for goods, by site and currency.", Kind: Lines, Unit: minor, Width: 8, Min: at(0),
			Queries: []Query{{Expr: `sum by (site, currency) (increase(edged_money_minor_units_total{` + chosen + `, kind="captured"}[1h]))`, Legend: "{{site}} {{currency}}"}},
		},
		{
			Title: "Not paid per day", Description: "Goods that were recognised and for which no money could be taken.", Kind: Lines, Unit: minor, Width: 8, Min: at(0), Runbook: "EdgedUnpaidGoods",
			Queries: []Query{{Expr: `sum by (site, currency) (increase(edged_money_minor_units_total{` + chosen + `, kind="unpaid"}[1d]))`, Legend: "{{site}} {{currency}}"}},
		},
		{
			Title: "Reports that wait", Description: "Payment reports in the outboxes, by site.", Kind: Lines, Unit: pieces, Width: 8, Min: at(0), Runbook: "EdgedReportsWait",
			Queries: []Query{{Expr: `sum by (site) (edged_queue_entries{` + chosen + `, class="report"})`, Legend: "{{site}}"}},
		},
	}}
}

func fleetMachines() Row {
	return Row{Title: "Cabinets and gateways", Height: 8, Panels: []Panel{
		{
			Title: "Temperature", Description: "What the cabinets say of their inside.", Kind: Lines, Unit: celsius, Width: 8, Red: at(10), Runbook: "EdgedCabinetTooWarm",
			Queries: []Query{{Expr: `edged_machine_temperature_celsius{` + chosen + `}`, Legend: "{{instance}} {{machine_id}}"}},
		},
		{
			Title: "Failing calls", Description: "Share of the calls to the SaaS that did not end well, by site.", Kind: Lines, Unit: ratio, Width: 8, Min: at(0), Max: at(1), Runbook: "EdgedSaaSUnreachable",
			Queries: []Query{{
				Expr:   `sum by (site) (rate(edged_saas_requests_total{` + chosen + `, reason!~"ok|cancelled"}[$__rate_interval])) / sum by (site) (rate(edged_saas_requests_total{` + chosen + `}[$__rate_interval]))`,
				Legend: "{{site}}",
			}},
		},
		{
			Title: "Versions", Description: "Gateways by the version of edged that they run.", Kind: Table, Unit: pieces, Width: 8,
			Queries: []Query{{Expr: `count by (version, arch) (edged_build_info{` + chosen + `})`, Legend: "{{version}} {{arch}}"}},
		},
	}}
}
