// Package watch holds together what watches a fleet: the rules and dashboards in
// packaging, the runbooks and the page of metrics in docs.
//
// It promises that each metric that a rule, a dashboard or a runbook names exists, that
// each alert has a page which a technician can follow and a test for firing and for not
// firing, and that no page is left over. It is no part of the daemon.
package watch
