package config

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"edged/internal/yamlfile"
)

const shipped = "../../packaging/edged.yaml"

func TestTheShippedExampleIsValidAndShowsTheDefaults(t *testing.T) {
	certificate, key := selfSigned(t)
	credentials(t, map[string]string{"callback.crt": certificate, "callback.key": key})
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	asShipped, problems := Parse("edged.yaml", text)
	if len(problems) > 0 {
		t.Fatalf("as shipped: %v", problems)
	}

	all := regexp.MustCompile(`(?m)^( *)#((  )*[a-z_]+:.*)$`).ReplaceAll(text, []byte("$1$2"))
	uncommented, problems := Parse("edged.yaml", all)
	if len(problems) > 0 {
		t.Fatalf("with every default uncommented: %v", problems)
	}
	relay := &Relay{}
	relay.SetDefaults()
	if !reflect.DeepEqual(uncommented.Relay, relay) {
		t.Errorf("relay %+v, want %+v", uncommented.Relay, relay)
	}
	uncommented.Relay = nil
	if !reflect.DeepEqual(uncommented, asShipped) {
		t.Errorf("commented-out values are not the defaults:\n%+v\nwant\n%+v", uncommented, asShipped)
	}
	everyKeyIsIn(t, string(all))
}

// everyKeyIsIn checks that the example shows all there is, except badge readers:
// this build has no driver for one.
func everyKeyIsIn(t *testing.T, text string) {
	t.Helper()
	var walk func(reflect.Type)
	walk = func(typ reflect.Type) {
		for typ.Kind() == reflect.Slice || typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		if typ.Kind() != reflect.Struct || typ == reflect.TypeFor[Badge]() {
			return
		}
		known, fields := yamlfile.Keys(typ)
		for _, key := range known {
			if key != "badge" && !regexp.MustCompile(`(?m)[ {]`+key+`:|^`+key+`:`).MatchString(text) {
				t.Errorf("key %q of %s is not in the example", key, typ.Name())
			}
			walk(typ.FieldByIndex(fields[key]).Type)
		}
	}
	walk(reflect.TypeFor[Config]())
}

func TestEveryShippedLineFitsATerminal(t *testing.T) {
	text, err := os.ReadFile(shipped)
	if err != nil {
		t.Fatal(err)
	}
	for i, line := range strings.Split(string(text), "\n") {
		if len(line) > 90 {
			t.Errorf("line %d has %d characters", i+1, len(line))
		}
	}
}

// selfSigned makes a certificate and its key, PEM.
func selfSigned(t *testing.T) (certificate, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	encode := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return encode("CERTIFICATE", der), encode("PRIVATE KEY", keyDER)
}
