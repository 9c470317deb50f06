package bundle

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"edged/internal/testutil"
)

// pan is a card number of the kind that test terminals use; its check digit is right.
const pan = "4111111111111111"

func newBundle(t *testing.T, o Options) (*Writer, func() map[string]string) {
	t.Helper()
	o.Name, o.Now = "edged-bundle-gw-1", time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	var out bytes.Buffer
	b := New(&out, o)
	return b, func() map[string]string {
		t.Helper()
		if err := b.Close(); err != nil {
			t.Fatal(err)
		}
		return testutil.Unpack(t, &out)
	}
}

func add(t *testing.T, b *Writer, name, text string) {
	t.Helper()
	if err := b.Add(name, []byte(text)); err != nil {
		t.Fatal(err)
	}
}

// M8: no part holds what must not leave, whatever a room has let through.
func TestM8_NoPartHoldsWhatMustNotLeave(t *testing.T) {
	const mac, secret = "AbCdEfGhIjKlMnOpQrStUv", "the-secret-of-the-account"
	dirty := "card " + pan + " or 4111 1111 1111 1111, Authorization: Bearer eyJhbGciOi.abc-def, posted to https://cb.example.com/edged/v1/gw-1/5J2Y0000000000000000000000/" + mac + ", secret " + secret
	quoted, err := json.Marshal(map[string]any{"msg": dirty, "list": []string{dirty}, dirty: "a key", "ms": json.Number("1764000000000000")})
	if err != nil {
		t.Fatal(err)
	}
	b, done := newBundle(t, Options{Secrets: []string{secret, "key"}})
	add(t, b, "edged.log", "a key stays\n"+dirty+"\n")
	add(t, b, "status.json", string(quoted))
	add(t, b, "trace-front.jsonl", string(quoted)+"\n"+dirty+"\n")
	add(t, b, "broken.json", `{"msg": "`+dirty)
	b.Missing("orders.json", errors.New("edged does not answer: "+dirty))
	files := done()
	if len(files) != 5 {
		t.Fatalf("%d files, want 5", len(files))
	}
	for name, text := range files {
		for _, bad := range []string{pan, "4111 1111 1111 1111", "eyJhbGciOi", mac, secret} {
			if strings.Contains(text, bad) {
				t.Errorf("%s holds %q:\n%s", name, bad, text)
			}
		}
	}
	for name, want := range map[string]string{
		"edged.log": "a key stays\ncard 411111******1111 or 4111 11** **** 1111, Authorization: Bearer [hidden], posted to https://cb.example.com/edged/v1/gw-1/5J2Y0000000000000000000000/[hidden], secret [hidden]\n",
	} {
		if files[name] != want {
			t.Errorf("%s is\n%q, want\n%q", name, files[name], want)
		}
	}
	if !strings.Contains(files["status.json"], `"ms":1764000000000000`) || !json.Valid([]byte(files["status.json"])) {
		t.Errorf("a number has changed, or it is no JSON any more:\n%s", files["status.json"])
	}
}

func TestTheArchiveHasABoundAndSaysWhatWasCut(t *testing.T) {
	b, done := newBundle(t, Options{MaxPart: 100, MaxTotal: 250})
	var lines strings.Builder
	for i := range 50 {
		fmt.Fprintf(&lines, "line %02d\n", i)
	}
	add(t, b, "edged.log", lines.String())
	add(t, b, "ports.txt", lines.String())
	add(t, b, "three.log", lines.String())
	add(t, b, "four.txt", lines.String())
	files := done()
	if got := files["edged.log"]; !strings.HasPrefix(got, "line ") || !strings.HasSuffix(got, "line 49\n") || len(got) > 100 {
		t.Errorf("of the log %d bytes are kept, want whole lines of its end: %q", len(got), got)
	}
	if got := files["ports.txt"]; !strings.HasPrefix(got, "line 00\n") || !strings.HasSuffix(got, "\n") || len(got) > 100 {
		t.Errorf("of the list %d bytes are kept, want whole lines of its beginning: %q", len(got), got)
	}
	total := 0
	for name, text := range files {
		if name != "MANIFEST.txt" {
			total += len(text)
		}
	}
	if total > 250 {
		t.Errorf("%d bytes in all, want 250 at most", total)
	}
	for _, want := range []string{"edged-bundle-gw-1, 2026-11-24T12:00:00Z", "edged.log", "bytes of 400"} {
		if !strings.Contains(files["MANIFEST.txt"], want) {
			t.Errorf("the manifest does not say %q:\n%s", want, files["MANIFEST.txt"])
		}
	}
}

type full struct{ room int }

func (f *full) Write(p []byte) (int, error) {
	if f.room -= len(p); f.room < 0 {
		return 0, errors.New("no space left")
	}
	return len(p), nil
}

func TestAFullDiskIsSaid(t *testing.T) {
	b := New(&full{room: 10}, Options{Name: "x", Now: time.Unix(0, 0)})
	err := b.Add("edged.log", bytes.Repeat([]byte("line\n"), 1000))
	if err == nil {
		err = b.Close()
	}
	if err == nil {
		t.Error("no error, want that of the disk")
	}
}

func FuzzRedact(f *testing.F) {
	f.Add("status.json", []byte(`{"a":["`+pan+`",1]}`))
	f.Add("x.jsonl", []byte("{\"a\":1}\nBearer abc\n"))
	f.Add("x.log", []byte("plain"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		r := newRedactor([]string{"topsecret"})
		out := r.part(name, data)
		if bytes.Contains(out, []byte("topsecret")) {
			t.Errorf("%q became %q", data, out)
		}
		if strings.HasSuffix(name, ".json") && json.Valid(data) && !json.Valid(out) {
			t.Errorf("%q became %q, which is no JSON", data, out)
		}
	})
}
