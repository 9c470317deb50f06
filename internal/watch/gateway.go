package watch

// onLane are the variables of a query about lanes of a gateway.
const onLane = chosen + `, lane=~"$lane"`

// Gateway is everything about one gateway.
func Gateway() Board {
	return Board{
		UID: gatewayUID, Title: "edged / Gateway", Lanes: true,
		Description: "One gateway: phases of its purchases, money, queue, devices, the SaaS, flash and clock.",
		Links:       []Link{{Title: "Fleet", UID: fleetUID}},
		Rows:        []Row{gatewayLanes(), gatewayMoney(), gatewayQueue(), gatewayCloud(), gatewayStore(), gatewayProcess()},
	}
}

// lines is a picture of one query over time, from zero on.
func lines(title, says, unit, expr, legend, book string) Panel {
	return Panel{Title: title, Description: says, Kind: Lines, Unit: unit, Width: 8, Min: at(0), Runbook: book, Queries: []Query{{Expr: expr, Legend: legend}}}
}

func gatewayLanes() Row {
	selling := lines("Lanes", "Green while the lane takes cards.", yesNo, `edged_lane_selling{`+onLane+`}`, "{{lane}}", "EdgedLaneNotSelling")
	selling.Kind, selling.Min, selling.RedBelow = Timeline, nil, at(1)
	devices := lines("Devices", "Green while terminal and display answer.", yesNo, `edged_device_up{`+onLane+`}`, "{{lane}} {{device}}", "EdgedTerminalDown")
	devices.Kind, devices.Min, devices.RedBelow = Timeline, nil, at(1)
	return Row{Title: "Lanes and devices", Height: 7, Panels: []Panel{
		selling, devices,
		lines("Reasons against selling", "How many of each stand; the codes on the display are theirs.", pieces, `sum by (reason) (edged_lane_out_of_service{`+onLane+`}) > 0 or sum by (reason) (edged_lane_out_of_service{`+onLane+`, reason="operator"})`, "{{reason}}", "EdgedLaneOutOfService"),
		lines("Replugged", "How often a device came back, per hour.", pieces, `increase(edged_device_reconnects_total{`+onLane+`}[1h])`, "{{lane}} {{device}}", "EdgedTerminalDown"),
		lines("Orders under way", "Orders with something left to do, by phase.", pieces, `edged_orders_open{`+chosen+`}`, "{{phase}}", "EdgedMoneyOwed"),
		lines("Time in a phase", "Three quarters of the orders left the phase sooner.", seconds, `histogram_quantile(0.75, sum by (phase, le) (increase(edged_phase_duration_seconds_bucket{`+chosen+`}[1h]))) >= 0`, "{{phase}}", ""),
	}}
}

func gatewayMoney() Row {
	expiry := lines("Until a hold expires", "Powered-on seconds until the first open hold of a lane is given back by its issuer.", seconds, `edged_hold_expiry_seconds{`+onLane+`} < Inf`, "{{lane}}", "EdgedHoldExpiresSoon")
	expiry.Queries[0].Empty = "no hold is open"
	return Row{Title: "Money", Height: 7, Panels: []Panel{
		lines("Open money", "On hold, or taken perhaps.", minor, `sum by (account, currency) (edged_money_open_minor_units{`+chosen+`})`, "{{account}} {{currency}}", "EdgedMoneyInDoubt"),
		lines("What became of it", "Per hour: held, captured, released, refunded, expired, unpaid.", minor, `sum by (kind, currency) (increase(edged_money_minor_units_total{`+chosen+`}[1h]))`, "{{kind}} {{currency}}", "EdgedUnpaidGoods"),
		lines("Orders that ended", "Per hour, by outcome.", pieces, `sum by (outcome) (increase(edged_orders_total{`+chosen+`}[1h]))`, "{{outcome}}", ""),
		lines("Open holds", "Holds that are open at the issuer, by lane.", pieces, `edged_holds_open{`+onLane+`}`, "{{lane}}", "EdgedMoneyOwed"),
		expiry,
		{
			Title: "Reconciliation", Description: "Terminal less edged at the last end of day.", Kind: Lines, Unit: minor, Width: 8, Runbook: "EdgedReconciliationDifference",
			Queries: []Query{{Expr: `edged_reconciliation_difference_minor_units{` + onLane + `}`, Legend: "{{lane}}"}},
		},
	}}
}

func gatewayQueue() Row {
	return Row{Title: "Queue, tasks and alarms", Height: 7, Panels: []Panel{
		lines("Waiting", "Entries of the store that wait to be sent.", pieces, `edged_queue_entries{`+chosen+`}`, "{{class}}", "EdgedReportsWait"),
		lines("Oldest", "Age of the oldest entry that may be sent.", seconds, `edged_queue_oldest_eligible_seconds{`+chosen+`}`, "{{class}}", "EdgedReportsWait"),
		lines("Deliveries", "Tries to deliver a report, by what became of them.", perSec, `sum by (reason) (rate(edged_queue_retries_total{`+chosen+`}[$__rate_interval]))`, "{{reason}}", "EdgedReportsWait"),
		lines("Dead letters", "What the SaaS refuses, and callbacks of unknown orders.", pieces, `edged_dead_letters{`+chosen+`}`, "{{class}}", "EdgedDeadLetters"),
		lines("Tasks", "What waits for a person, by kind.", pieces, `edged_tasks_open{`+chosen+`}`, "{{kind}}", "EdgedTasksWait"),
		lines("Alarms", "Alarms raised per hour, by kind.", pieces, `sum by (kind) (increase(edged_alarms_total{`+chosen+`}[1h]))`, "{{kind}}", "EdgedTasksWait"),
	}}
}

func gatewayCloud() Row {
	return Row{Title: "The SaaS", Height: 7, Panels: []Panel{
		lines("Calls", "Calls to the SaaS, by what became of them.", perSec, `sum by (call, reason) (rate(edged_saas_requests_total{`+chosen+`}[$__rate_interval])) > 0`, "{{call}} {{reason}}", "EdgedSaaSUnreachable"),
		lines("Last success", "Time since the SaaS last answered a call well.", seconds, `time() - (edged_saas_last_success_timestamp_seconds{`+chosen+`} > 0)`, "{{instance}}", "EdgedSaaSUnreachable"),
		lines("Token", "Time for which the access token may still be used.", seconds, `edged_saas_token_expiry_seconds{`+chosen+`}`, "{{instance}}", "EdgedTokenMissing"),
		lines("Callbacks", "Callbacks by how they were answered.", perSec, `sum by (verdict) (rate(edged_callbacks_total{`+chosen+`}[$__rate_interval]))`, "{{verdict}}", "EdgedCallbacksForged"),
		{
			Title: "Cabinets", Description: "Temperature inside.", Kind: Lines, Unit: celsius, Width: 8, Red: at(10), Runbook: "EdgedCabinetTooWarm",
			Queries: []Query{{Expr: `edged_machine_temperature_celsius{` + chosen + `}`, Legend: "{{machine_id}}"}},
		},
		lines("Signal", "Signal of the cabinets' own connection, 0 to 5.", pieces, `edged_machine_signal{`+chosen+`}`, "{{machine_id}}", ""),
	}}
}

func gatewayStore() Row {
	free := lines("Free disk", "Space left for the state directory.", bytesIS, `edged_disk_free_bytes{`+chosen+`}`, "{{instance}}", "EdgedDiskLow")
	free.RedBelow = at(64 << 20)
	return Row{Title: "Flash and clock", Height: 7, Panels: []Panel{
		lines("Commits", "Duration of a durable commit: 99 of 100 were shorter.", seconds, `histogram_quantile(0.99, sum by (instance, le) (increase(edged_commit_duration_seconds_bucket{`+chosen+`}[1h]))) >= 0`, "{{instance}}", "EdgedStoreFails"),
		lines("Written", "Bytes per second written to the store's files.", "Bps", `rate(edged_store_written_bytes_total{`+chosen+`}[$__rate_interval])`, "{{instance}}", ""),
		free,
		lines("Failures", "Commits that failed and records set aside, per day.", pieces, `increase(edged_commit_failures_total{`+chosen+`}[1d]) or sum by (kind) (increase(edged_quarantined_total{`+chosen+`}[1d]))`, "{{kind}}", "EdgedStoreFails"),
		{
			Title: "Clock", Description: "Wall clock less the SaaS's clock.", Kind: Lines, Unit: seconds, Width: 8, Runbook: "EdgedClockOff",
			Queries: []Query{{Expr: `edged_clock_offset_seconds{` + chosen + `}`, Legend: "{{instance}}"}},
		},
		{
			Title: "Clock is set", Description: "Green while a time server has set the clock in this boot.", Kind: Timeline, Unit: yesNo, Width: 8, RedBelow: at(1), Runbook: "EdgedClockUnsynced",
			Queries: []Query{{Expr: `edged_clock_synced{` + chosen + `}`, Legend: "{{instance}}"}},
		},
	}}
}

func gatewayProcess() Row {
	return Row{Title: "The daemon", Height: 7, Panels: []Panel{
		lines("Memory", "Resident memory of the daemon.", bytesIS, `process_resident_memory_bytes{`+chosen+`}`, "{{instance}}", ""),
		lines("Processor", "Share of one core.", ratio, `rate(process_cpu_seconds_total{`+chosen+`}[$__rate_interval])`, "{{instance}}", ""),
		lines("Restarts of parts", "Inner services that ended with an error, per hour.", pieces, `sum by (service) (increase(edged_service_restarts_total{`+chosen+`}[1h]))`, "{{service}}", "EdgedServiceRestarts"),
	}}
}
