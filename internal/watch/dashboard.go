package watch

import (
	"bytes"
	"encoding/json"
)

// Board is a Grafana dashboard before it is JSON: rows of panels.
type Board struct {
	UID, Title, Description string
	Rows                    []Row
	Lanes                   bool   // it has a variable for the lane
	Links                   []Link // to other dashboards
}

// Row is a titled stripe of panels, left to right.
type Row struct {
	Title  string
	Height int // of its panels, in Grafana's grid units
	Panels []Panel
}

// Panel is one picture. Every panel needs all of the fields but those that say so.
type Panel struct {
	Title, Description string
	Kind               Kind
	Unit               string // Grafana's name of it
	Width              int    // of 24
	Queries            []Query
	Red                *float64 // optional: red from here on, green below
	RedBelow           *float64 // optional: red below this
	Min, Max           *float64 // optional: bounds of the axis
	Runbook            string   // optional: the alert whose page helps
	ToGateway          bool     // optional: each row leads to the gateway's dashboard
}

// Kind is Grafana's name of a kind of panel.
type Kind string

// The kinds in use.
const (
	Number   Kind = "stat"
	Lines    Kind = "timeseries"
	Table    Kind = "table"
	Timeline Kind = "state-timeline"
)

// Query is one question to Prometheus.
type Query struct {
	Expr   string
	Legend string
	// Empty says why the answer may be empty on a gateway that is well; "" is that it
	// may not.
	Empty string
}

// Link leads to another dashboard with the same variables and time.
type Link struct{ Title, UID string }

// object is JSON whose keys come out sorted.
type object = map[string]any

// JSON is the dashboard as Grafana provisions it: the same bytes each time.
func (b Board) JSON() ([]byte, error) {
	var buf bytes.Buffer
	e := json.NewEncoder(&buf)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(object{
		"uid": b.UID, "title": b.Title, "description": b.Description,
		"tags": []string{"edged"}, "schemaVersion": 39, "version": 1, "editable": false, "graphTooltip": 1,
		"timezone": "browser", "refresh": "1m", "time": object{"from": "now-6h", "to": "now"},
		"templating": object{"list": b.variables()}, "annotations": object{"list": []any{restarts()}},
		"links": b.links(), "panels": b.panels(),
	})
	return buf.Bytes(), err
}

// Panels lists them all.
func (b Board) Panels() (all []Panel) {
	for _, r := range b.Rows {
		all = append(all, r.Panels...)
	}
	return all
}

func (b Board) variables() []any {
	all := []any{
		object{"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus", "hide": 0},
		variable("job", "Job", `label_values(edged_build_info, job)`),
		variable("site", "Site", `label_values(edged_build_info{job=~"$job"}, site)`),
		variable("instance", "Gateway", `label_values(edged_build_info{job=~"$job", site=~"$site"}, instance)`),
	}
	if b.Lanes {
		all = append(all, variable("lane", "Lane", `label_values(edged_lane_selling{job=~"$job", site=~"$site", instance=~"$instance"}, lane)`))
	}
	books := "https://edged.example/runbooks"
	return append(all, object{
		"name": "runbooks", "label": "Runbooks", "type": "textbox", "query": books, "hide": 2,
		"current": object{"text": books, "value": books},
	})
}

func variable(name, label, query string) object {
	return object{
		"name": name, "label": label, "type": "query", "datasource": source(), "definition": query,
		"query": object{"query": query, "refId": "var-" + name}, "refresh": 2, "sort": 1,
		"multi": true, "includeAll": true, "allValue": ".*", "current": object{"text": "All", "value": "$__all"},
	}
}

// restarts marks when the daemon was started.
func restarts() object {
	return object{
		"name": "Starts", "enable": true, "iconColor": "blue", "datasource": source(),
		"expr":        `changes(process_start_time_seconds{job=~"$job", site=~"$site", instance=~"$instance"}[$__interval]) > 0`,
		"titleFormat": "edged was started", "textFormat": "{{instance}}", "step": "1m",
	}
}

func (b Board) links() []any {
	out := []any{}
	for _, l := range b.Links {
		out = append(out, object{
			"title": l.Title, "type": "link", "url": "/d/" + l.UID + "?${datasource:queryparam}&${job:queryparam}&${site:queryparam}&${__url_time_range}",
		})
	}
	return out
}

func source() object { return object{"type": "prometheus", "uid": "${datasource}"} }

// panels lays them out, row by row.
func (b Board) panels() []any {
	var out []any
	id, y := 0, 0
	for _, r := range b.Rows {
		id++
		out = append(out, object{"id": id, "type": "row", "title": r.Title, "collapsed": false, "panels": []any{}, "gridPos": object{"x": 0, "y": y, "w": 24, "h": 1}})
		y++
		x := 0
		for _, p := range r.Panels {
			if x+p.Width > 24 {
				x, y = 0, y+r.Height
			}
			id++
			out = append(out, p.json(id, object{"x": x, "y": y, "w": p.Width, "h": r.Height}))
			x += p.Width
		}
		y += r.Height
	}
	return out
}
