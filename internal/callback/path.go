package callback

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// macLength is 22 characters of base64url: 132 bits (DESIGN §7).
const macLength = 22

// orderIDLength is 128 bits in Crockford's base32 (DESIGN §7).
const orderIDLength = 26

// Path is a callback path taken apart, not yet verified. It prints itself without
// the mac.
type Path struct {
	Gateway string
	OrderID string
	mac     secretMac
}

// secretMac sits behind a pointer for the same reason as a key.
type secretMac struct{ text *string }

// Parse takes /v1/<gateway>/<orderId>/<mac> apart. It is strict: no query, no
// escapes, no trailing slash. Errors: ErrPath.
func Parse(path string) (Path, error) {
	rest, ok := strings.CutPrefix(path, "/v1/")
	if !ok {
		return Path{}, ErrPath
	}
	gateway, rest, _ := strings.Cut(rest, "/")
	orderID, mac, _ := strings.Cut(rest, "/")
	if !IsGateway(gateway) || !IsOrderID(orderID) || !isMac(mac) {
		return Path{}, ErrPath
	}
	return Path{gateway, orderID, secretMac{&mac}}, nil
}

// String is the path with the mac hidden.
func (p Path) String() string { return "/v1/" + p.Gateway + "/" + p.OrderID + "/" + hidden }

// Format hides the mac from every verb.
func (p Path) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, p.String()) }

// LogValue hides the mac from slog.
func (p Path) LogValue() slog.Value { return slog.StringValue(p.String()) }

// MarshalText hides the mac from JSON and YAML.
func (p Path) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// IsGateway tells whether s is a gateway name: [a-z0-9-]{1,32} (DESIGN §6).
func IsGateway(s string) bool {
	return len(s) >= 1 && len(s) <= 32 && only(s, "abcdefghijklmnopqrstuvwxyz0123456789-")
}

// IsOrderID tells whether s has the form of an order id.
func IsOrderID(s string) bool {
	return len(s) == orderIDLength && only(s, "0123456789ABCDEFGHJKMNPQRSTVWXYZ")
}

func isMac(s string) bool {
	return len(s) == macLength && only(s, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}

func only(s, alphabet string) bool {
	for i := range len(s) {
		if strings.IndexByte(alphabet, s[i]) < 0 {
			return false
		}
	}
	return true
}
