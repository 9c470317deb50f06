package mqtt

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"edged/internal/clock"
	"edged/internal/mqtt/spool"
)

// schemaOf is the file of api/mqtt that describes a topic.
func schemaOf(topic string) string {
	name := topic[strings.LastIndex(topic, "/")+1:]
	if strings.Contains(topic, "/machines/") {
		name = "machine"
	}
	return filepath.Join("..", "..", "api", "mqtt", name+".schema.json")
}

func judge(t *testing.T, topic string, body []byte) error {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile(schemaOf(topic))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		t.Fatalf("%s: %v: %s", topic, err, body)
	}
	return s.Validate(v)
}

func validate(t *testing.T, topic string, body []byte) {
	t.Helper()
	if err := judge(t, topic, body); err != nil {
		t.Errorf("%s: %v\n%s", topic, err, body)
	}
}

func noon() stamp {
	return stampOf(clock.Reading{Boot: "boot-1", Wall: time.Date(2026, 3, 1, 12, 0, 0, 5e6, time.UTC), Synced: true})
}

const stream = "0123456789abcdef"

func TestEveryPayloadIsWhatItsSchemaSays(t *testing.T) {
	signal, celsius, locked := 3, 4.5, true
	told := func(body []byte, err error) []byte {
		if err != nil {
			t.Fatal(err)
		}
		return body
	}
	entry := func(body []byte) []byte {
		return numbered(stream, spool.Item{Seq: 7, Body: body, Made: time.Now()}, time.Now())
	}
	tp := topicsOf("gw-1")
	tests := []struct {
		name, topic string
		body        []byte
	}{
		{"a step of an order", tp.events(), entry(told(eventBody(noon(), orderEvent(1))))},
		{"an alarm", tp.events(), entry(told(eventBody(noon(), Event{Alarm: &AlarmEvent{Kind: "review", Code: "EDG-PAY-001", Text: strings.Repeat("ä", 600)}})))},
		{"a gap in events", tp.events(), numbered(stream, spool.Item{From: 3, To: 9}, time.Now())},
		{"telemetry", tp.telemetry(), entry(told(telemetryBody(noon(), Telemetry{Lanes: []LaneTelemetry{{Lane: "front", Reasons: []string{"locked"}}}})))},
		{"telemetry without a lane", tp.telemetry(), entry(told(telemetryBody(noon(), Telemetry{})))},
		{"a gap in telemetry", tp.telemetry(), numbered(stream, spool.Item{From: 3, To: 3}, time.Now())},
		{"a machine of which all is known", tp.machine("241"), told(machineBody(noon(), Machine{"241", &signal, &celsius, &locked}))},
		{"a machine of which nothing is known", tp.machine("241"), told(machineBody(noon(), Machine{MachineID: "241"}))},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) { validate(t, tt.topic, tt.body) })
	}
}

func TestTheSchemasRefuse(t *testing.T) {
	tp := topicsOf("gw-1")
	tests := []struct{ name, topic, body string }{
		{"an event that is both", tp.events(), `{"v":1,"stream":"0123456789abcdef","seq":1,"historical":false,"boot_id":"b","ts":"2026-03-01T12:00:00.005Z","clock_synced":true,"order":{},"alarm":{}}`},
		{"number 0", tp.events(), `{"v":1,"stream":"0123456789abcdef","seq":0,"historical":false,"boot_id":"b","ts":"2026-03-01T12:00:00.005Z","clock_synced":true,"alarm":{"kind":"x"}}`},
		{"a gap of one end", tp.events(), `{"v":1,"stream":"0123456789abcdef","gap":[3]}`},
		{"an unknown state", tp.status(), `{"v":1,"state":"fine","site":"","boot_id":"b","session":"0123456789abcdef","version":"1"}`},
		{"a status without session", tp.status(), `{"v":1,"state":"online","site":"","boot_id":"b","version":"1"}`},
		{"an unknown key", tp.machine("1"), `{"v":1,"boot_id":"b","ts":"2026-03-01T12:00:00.005Z","clock_synced":true,"machine_id":"1","door":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if err := judge(t, tt.topic, []byte(tt.body)); err == nil {
				t.Errorf("the schema takes %s", tt.body)
			}
		})
	}
}

func TestHistoricalIsWhatWasMadeBeforeTheConnection(t *testing.T) {
	up := time.Now()
	tests := []struct {
		name string
		made time.Time
		want string
	}{
		{"of an earlier process", time.Time{}, `{"v":1,"stream":"s","seq":1,"historical":true,"a":1}`},
		{"of this process, before", up.Add(-time.Second), `{"v":1,"stream":"s","seq":1,"historical":true,"a":1}`},
		{"since", up.Add(time.Second), `{"v":1,"stream":"s","seq":1,"historical":false,"a":1}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := numbered("s", spool.Item{Seq: 1, Made: tt.made, Body: []byte(`{"a":1}`)}, up); string(got) != tt.want {
				t.Errorf("%s, want %s", got, tt.want)
			}
		})
	}
}

func TestATextIsCutAtACharacter(t *testing.T) {
	for _, s := range []string{strings.Repeat("x", 600), "x" + strings.Repeat("ä", 600), strings.Repeat("€", 600), "short"} {
		if got := cut(s); len(got) > maxText || !utf8.ValidString(got) || !strings.HasPrefix(s, got) || len(got) < min(len(s), maxText-3) {
			t.Errorf("cut to %d bytes: %q", len(got), got)
		}
	}
}

func TestTheWaitGrowsWithJitterUpToItsCap(t *testing.T) {
	for attempt := range 200 {
		span := min(time.Second<<min(attempt, 20), 5*time.Minute)
		if d := backoff(attempt, time.Second, 5*time.Minute); d < 100*time.Millisecond || d > span+100*time.Millisecond {
			t.Errorf("try %d waits %v, want between 100ms and %v", attempt, d, span)
		}
	}
}
