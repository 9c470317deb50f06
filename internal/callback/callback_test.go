package callback

import (
	"encoding/json"
	"errors"
	"fmt"
	"go/build"
	"log/slog"
	"slices"
	"strings"
	"testing"
)

const order = "01K8ZQ4T9M6W2X5Y7A3B1C0D8E"

// counting is the master 00 01 02 … 1f.
func counting() Master {
	var b [KeySize]byte
	for i := range b {
		b[i] = byte(i)
	}
	return NewMaster(b)
}

func ring(t testing.TB, gateway string, keys ...Key) *Ring {
	t.Helper()
	r, err := NewRing(gateway, keys...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// vectors were computed with Python's hmac and checked with openssl dgst.
var vectors = []struct{ master, gateway, key, order, mac string }{
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "gw-0017", "eef190c43ab38b07619997b61ae3ac442987a85fbeec6b2d10ab24897dce1145", order, "amxGMZ9BPu2V2hXAQRiXWj"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "gw-0017", "eef190c43ab38b07619997b61ae3ac442987a85fbeec6b2d10ab24897dce1145", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "23jFCyDoE1LiqfywrDIL5T"},
	{"000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f", "a", "e1b7baf3679693bca1699124768eb814351798bd8fd493289435352f85985794", order, "O0hFACZG9C0U5cwBV846re"},
	{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "gw-0017", "63356df9186bd69a4677171a0cc65a5fdc39a75d32e2e94e6c118e7597ff8381", order, "lGjN9NXl7zVuSJQLANw3Pp"},
	{"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "a", "5e9f511c9b145f103d221dbdcefc9b2737fc839cc4d98b3719864351a025289a", "7ZZZZZZZZZZZZZZZZZZZZZZZZZ", "AaML22_DTfftdj3mNZjfHc"},
}

func TestVectorsComputedElsewhere(t *testing.T) {
	for _, v := range vectors {
		masters, err := ParseMasters(v.master + "\n")
		if err != nil {
			t.Fatal(err)
		}
		key := masters[0].Derive(v.gateway)
		if key.Reveal() != v.key {
			t.Errorf("key of %s: %s, want %s", v.gateway, key.Reveal(), v.key)
		}
		got, err := ring(t, v.gateway, key).NotifyURL("https://cb.example.com/edged/", v.order)
		want := "https://cb.example.com/edged/v1/" + v.gateway + "/" + v.order + "/" + v.mac
		if err != nil || got != want {
			t.Errorf("url %s, %v, want %s", got, err, want)
		}
	}
}

func TestOldKeysAreAcceptedAndTheFirstSigns(t *testing.T) {
	old, current := counting().Derive("gw"), NewMaster([KeySize]byte{1}).Derive("gw")
	both, before, after := ring(t, "gw", current, old), ring(t, "gw", old), ring(t, "gw", current)
	path := func(r *Ring) Path {
		url, err := r.NotifyURL("", order)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Parse(url)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if err := both.Verify(path(before)); err != nil {
		t.Errorf("a path under the old key: %v", err)
	}
	if err := after.Verify(path(both)); err != nil {
		t.Errorf("the ring did not sign with its first key: %v", err)
	}
	if err := after.Verify(path(before)); !errors.Is(err, ErrMac) {
		t.Errorf("a path under a key that is gone: %v, want ErrMac", err)
	}
}

func TestForgedPathsAreRefused(t *testing.T) {
	r := ring(t, "gw-0017", counting().Derive("gw-0017"))
	good := "/v1/gw-0017/" + order + "/amxGMZ9BPu2V2hXAQRiXWj"
	if p, err := Parse(good); err != nil || r.Verify(p) != nil {
		t.Fatalf("the good path is refused: %v", err)
	}
	other := ring(t, "gw-0018", counting().Derive("gw-0017"))
	if p, _ := Parse(good); !errors.Is(other.Verify(p), ErrMac) {
		t.Error("another gateway with the same key took the path")
	}
	for i := len("/v1/"); i < len(good); i++ {
		for _, c := range []byte("A-z9") {
			forged := good[:i] + string(c) + good[i+1:]
			if forged == good {
				continue
			}
			if p, err := Parse(forged); err == nil && !errors.Is(r.Verify(p), ErrMac) {
				t.Errorf("%s was accepted", forged)
			}
		}
	}
	if !errors.Is(r.Verify(Path{Gateway: "gw-0017", OrderID: order}), ErrMac) {
		t.Error("a path without a mac was accepted")
	}
}

func TestPathsThatAreNone(t *testing.T) {
	good := "/v1/gw-0017/" + order + "/amxGMZ9BPu2V2hXAQRiXWj"
	for _, path := range []string{
		"", "/", "/v1", "/v1/", "/v2" + good[3:], good[1:], good + "/", good + "A", good + "?x=1", good[:len(good)-1],
		"/edged" + good, strings.ToUpper(good), strings.ToLower(good), strings.Replace(good, "gw-0017", "", 1),
		strings.Replace(good, "gw-0017", strings.Repeat("g", 33), 1), strings.Replace(good, "gw", "g%77", 1),
		strings.Replace(good, "01K8", "01L8", 1), strings.Replace(good, order, order+"R1", 1), strings.Replace(good, "amx", "am+", 1),
		strings.Replace(good, "/v1/", "/v1//", 1), good + "\n", strings.Replace(good, "gw-0017", "..", 1),
	} {
		if p, err := Parse(path); !errors.Is(err, ErrPath) {
			t.Errorf("Parse(%q) = %v, %v, want ErrPath", path, p, err)
		}
	}
}

func TestKeyFiles(t *testing.T) {
	a, b := strings.Repeat("0a", 32), strings.Repeat("B0", 32)
	keys, err := ParseKeys("# derived 2026-05-01\n\n  " + a + "\r\n" + b)
	if err != nil || len(keys) != 2 || keys[0].Reveal() != a || keys[1].Reveal() != strings.ToLower(b) {
		t.Errorf("%d keys, %v", len(keys), err)
	}
	for file, want := range map[string]string{
		"":                       "no callback key",
		"# nothing\n":            "no callback key",
		a + "\n" + a[:62]:        "line 2: not a callback key (64 hex digits)",
		a + "\n\n" + a + "ff":    "line 3: not a callback key (64 hex digits)",
		strings.Repeat("zz", 32): "line 1: not a callback key (64 hex digits)",
		a + " " + a:              "line 1: not a callback key (64 hex digits)",
	} {
		if _, err := ParseKeys(file); err == nil || err.Error() != want {
			t.Errorf("%q: %v, want %q", file, err, want)
		}
		if _, err := ParseMasters(file); err == nil || err.Error() != want {
			t.Errorf("masters %q: %v, want %q", file, err, want)
		}
	}
}

func TestRingsAndURLsThatCannotBe(t *testing.T) {
	key := counting().Derive("gw")
	if _, err := NewRing("gw"); !errors.Is(err, ErrNoKey) {
		t.Errorf("no keys: %v", err)
	}
	if _, err := NewRing("gw", key, Key{}); !errors.Is(err, ErrNoKey) {
		t.Errorf("a zero key: %v", err)
	}
	for _, gateway := range []string{"", "GW", "a b", "a/b", strings.Repeat("a", 33)} {
		if _, err := NewRing(gateway, key); !errors.Is(err, ErrName) {
			t.Errorf("gateway %q: %v", gateway, err)
		}
	}
	for _, id := range []string{"", "A", order + "R1", strings.ToLower(order)} {
		if _, err := ring(t, "gw", key).NotifyURL("https://x", id); !errors.Is(err, ErrName) {
			t.Errorf("order %q: %v", id, err)
		}
	}
}

func TestKeysAndMacsHideThemselves(t *testing.T) {
	master := counting()
	key := master.Derive("gw-0017")
	r := ring(t, "gw-0017", key)
	path, err := Parse("/v1/gw-0017/" + order + "/amxGMZ9BPu2V2hXAQRiXWj")
	if err != nil {
		t.Fatal(err)
	}
	type holder struct {
		k Key
		m Master
		p Path
		K *Key
		r Ring
	}
	values := []any{key, &key, master, path, &path, r, holder{key, master, path, &key, *r}, []Key{key}, map[string]Path{"p": path}}
	var texts []string
	for _, v := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
			texts = append(texts, fmt.Sprintf(verb, v))
		}
		asJSON, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var logged strings.Builder
		slog.New(slog.NewTextHandler(&logged, nil)).Info("x", "v", v)
		texts = append(texts, string(asJSON), logged.String())
	}
	for _, text := range texts {
		for _, shown := range []string{"amxGMZ9B", "616d7847", "eef190c4", "238 241", "0xee, 0xf1", "000102", "0 1 2", "0x0, 0x1", "[238", "7fGQx"} {
			if strings.Contains(strings.ToLower(text), strings.ToLower(shown)) {
				t.Errorf("%q is shown in %s", shown, text)
			}
		}
	}
}

func TestTheRoomImportsNothingThatActs(t *testing.T) {
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for forbidden, why := range map[string]string{
		"net/http":    "the relay, the gateway and the simulator bring their own HTTP",
		"os":          "pure: config reads the key files",
		"crypto/rand": "pure: the caller draws",
		"time":        "a mac does not expire: late refunds come after months",
	} {
		if slices.Contains(pkg.Imports, forbidden) {
			t.Errorf("imports %s: %s", forbidden, why)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors {
		f.Add("/v1/" + v.gateway + "/" + v.order + "/" + v.mac)
	}
	f.Add("/v1/gw/../x")
	key := counting().Derive("gw-0017")
	f.Fuzz(func(t *testing.T, path string) {
		p, err := Parse(path)
		if err != nil {
			if !errors.Is(err, ErrPath) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if !strings.HasPrefix(path, "/v1/"+p.Gateway+"/"+p.OrderID+"/") || strings.Count(path, "/") != 4 {
			t.Fatalf("%q was taken apart as %v", path, p)
		}
		r, err := NewRing(p.Gateway, key)
		if err != nil {
			t.Fatalf("a parsed gateway cannot be a ring: %v", err)
		}
		url, err := r.NotifyURL("", p.OrderID)
		if err != nil {
			t.Fatalf("a parsed order cannot be signed: %v", err)
		}
		if (r.Verify(p) == nil) != (url == path) {
			t.Fatalf("%q and %q disagree", path, url)
		}
	})
}

func BenchmarkVerify(b *testing.B) {
	r := ring(b, "gw-0017", counting().Derive("gw-0017"))
	p, err := Parse("/v1/gw-0017/" + order + "/amxGMZ9BPu2V2hXAQRiXWj")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := r.Verify(p); err != nil {
			b.Fatal(err)
		}
	}
}
