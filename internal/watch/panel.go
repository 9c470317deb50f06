package watch

import "strings"

func (p Panel) json(id int, at object) object {
	o := object{
		"id": id, "type": string(p.Kind), "title": p.Title, "description": p.Description, "datasource": source(), "gridPos": at,
		"targets": p.targets(), "fieldConfig": object{"defaults": p.defaults(), "overrides": []any{}}, "options": p.options(),
	}
	if p.Runbook != "" {
		o["links"] = []any{object{"title": "What to do", "url": "${runbooks}/" + p.Runbook + ".md", "targetBlank": true}}
	}
	if p.Kind == Table {
		o["transformations"] = []any{object{"id": "organize", "options": object{"excludeByName": object{"Time": true, "__name__": true}}}}
	}
	return o
}

func (p Panel) targets() (out []any) {
	for i, q := range p.Queries {
		t := object{"refId": string(rune('A' + i)), "datasource": source(), "expr": q.Expr, "legendFormat": q.Legend, "range": true, "instant": false}
		if p.Kind == Number || p.Kind == Table {
			t["range"], t["instant"] = false, true
		}
		if p.Kind == Table {
			t["format"] = "table"
		}
		out = append(out, t)
	}
	return out
}

func (p Panel) defaults() object {
	d := object{"unit": p.Unit, "thresholds": object{"mode": "absolute", "steps": p.steps()}, "color": object{"mode": "palette-classic"}}
	if p.Kind == Number || p.Kind == Timeline {
		d["color"] = object{"mode": "thresholds"}
	}
	if p.Min != nil {
		d["min"] = *p.Min
	}
	if p.Max != nil {
		d["max"] = *p.Max
	}
	if p.Kind == Lines {
		d["custom"] = object{"drawStyle": "line", "lineWidth": 1, "fillOpacity": 10, "showPoints": "never", "spanNulls": false, "thresholdsStyle": object{"mode": p.thresholdStyle()}}
	}
	if p.ToGateway {
		d["links"] = []any{object{"title": "This gateway", "url": gatewayLink(p.Kind)}}
	}
	return d
}

// thresholdStyle draws a line where a limit is.
func (p Panel) thresholdStyle() string {
	if p.Red != nil || p.RedBelow != nil {
		return "line"
	}
	return "off"
}

func (p Panel) steps() []any {
	switch {
	case p.Red != nil:
		return []any{object{"color": "green", "value": nil}, object{"color": "red", "value": *p.Red}}
	case p.RedBelow != nil:
		return []any{object{"color": "red", "value": nil}, object{"color": "green", "value": *p.RedBelow}}
	}
	return []any{object{"color": "green", "value": nil}}
}

func (p Panel) options() object {
	last := object{"calcs": []string{"lastNotNull"}, "fields": "", "values": false}
	switch p.Kind {
	case Number:
		return object{"reduceOptions": last, "colorMode": "value", "graphMode": "none", "textMode": "auto"}
	case Table:
		return object{"showHeader": true}
	case Timeline:
		return object{"mergeValues": true, "showValue": "never", "legend": object{"displayMode": "list", "placement": "bottom"}}
	default:
		return object{"legend": object{"displayMode": "list", "placement": "bottom"}, "tooltip": object{"mode": "multi", "sort": "desc"}}
	}
}

// gatewayLink leads from a row or a line to the gateway it is about.
func gatewayLink(k Kind) string {
	label := "${__field.labels.NAME}"
	if k == Table {
		label = "${__data.fields.NAME}"
	}
	url := "/d/" + gatewayUID + "?${datasource:queryparam}&${__url_time_range}"
	for _, n := range []string{"job", "site", "instance"} {
		url += "&var-" + n + "=" + strings.ReplaceAll(label, "NAME", n)
	}
	return url
}
