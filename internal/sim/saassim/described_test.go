package saassim

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"edged/internal/saas/apitest"
)

// judged makes a call and holds its answer against the description of the API.
func (g *gateway) judged(v *apitest.Validator, method, path, body string) {
	g.t.Helper()
	code, b := g.call(method, path, body)
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+g.token)
	r.Header.Set("Content-Type", "application/json; charset=utf-8")
	if err := v.ValidateResponse(r, code, b); err != nil {
		g.t.Errorf("%s %s answered %s: %v", method, path, b, err)
	}
}

// The simulator is one reading of the document, the description in api/ another.
func TestAnswersAndCallbacksAreAsDescribed(t *testing.T) {
	v := apitest.Load(t)
	for _, form := range []struct {
		keys   KeyForm
		data   DataForm
		report ReportForm
		login  bool
	}{{Camel, AsObject, ReportBool, false}, {Pascal, AsString, ReportUnwrapped, false}, {Camel, AsNull, ReportBool, true}} {
		o := options()
		o.Keys, o.Data, o.Report = form.keys, form.data, form.report
		inBubble(t, o, func(g *gateway) {
			g.sim.opt.LoginUnwrapped = form.login
			g.sim.AddScript(machineID, 1, Script{
				PreOpen: true, Shop: &Shop{Take: water("0.5")}, Settle: &Decision{After: time.Second},
				Adjust: &Claim{Lines: water("1")}, Refund: &Claim{Lines: water("1"), Remark: "warm"},
			}, Script{Cancel: CancelInsteadOfOpening}, Script{RefuseOpen: "offline"})
			g.judged(v, "POST", "/OpenApi/Login", `{"appID":"P1","key":"k","secret":"s"}`)
			for _, path := range []string{"Info", "Commoditys", "PayConfig"} {
				g.judged(v, "GET", "/OpenApi/Machine/"+path+"/"+machineID, "")
			}
			for _, order := range []string{"A", "B", "C"} {
				g.judged(v, "POST", "/OpenApi/Order/OpenDoor", openBody(order))
			}
			time.Sleep(time.Minute)
			g.judged(v, "POST", "/OpenApi/Order/ReportPaymentResult", g.reportBody("A", 1))
			g.judged(v, "GET", "/OpenApi/Order/OpenDoor/1000000001", "")
			g.judged(v, "GET", "/OpenApi/Order/1000000001/Detail", "")
			g.judged(v, "POST", "/OpenApi/Repli/Confirm", `{"Mid":"m","TransId":1,"TrackingId":"t","DoorNo":1,"Data":[]}`)
			time.Sleep(time.Minute)
			seen := map[string]bool{}
			for _, p := range g.posts() {
				seen[p.Action] = true
				if !json.Valid([]byte(p.Raw)) {
					t.Errorf("not JSON: %s", p.Raw)
				}
				if err := v.ValidateCallback([]byte(p.Raw)); err != nil {
					t.Errorf("callback %s: %v", p.Raw, err)
				}
			}
			if len(seen) != 8 {
				t.Errorf("%d of 8 actions: %v", len(seen), seen)
			}
		})
	}
}
