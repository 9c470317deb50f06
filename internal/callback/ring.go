package callback

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"strings"
)

// Ring holds the keys of one gateway: the first signs, all are accepted, so that
// an old key can stay until orders opened under it have left the store. A Ring is
// immutable and safe for concurrent use.
type Ring struct {
	gateway string
	keys    []Key
}

// NewRing makes a ring. Errors: ErrName, ErrNoKey.
func NewRing(gateway string, keys ...Key) (*Ring, error) {
	if !IsGateway(gateway) {
		return nil, fmt.Errorf("gateway %q: %w", gateway, ErrName)
	}
	if len(keys) == 0 {
		return nil, ErrNoKey
	}
	for _, k := range keys {
		if k.raw == nil {
			return nil, ErrNoKey
		}
	}
	return &Ring{gateway, append([]Key(nil), keys...)}, nil
}

// NotifyURL is where the SaaS posts the events of an order: publicURL (a base
// without query; a trailing slash is dropped), then the path. The whole URL is a
// secret. Errors: ErrName.
func (r *Ring) NotifyURL(publicURL, orderID string) (string, error) {
	if !IsOrderID(orderID) {
		return "", fmt.Errorf("order id %q: %w", orderID, ErrName)
	}
	return strings.TrimRight(publicURL, "/") + "/v1/" + r.gateway + "/" + orderID + "/" + mac(r.keys[0], r.gateway, orderID), nil
}

// Verify tells whether p was made for this gateway under one of the keys, in a
// time that depends on the number of keys only. Errors: ErrMac, without saying
// which part does not fit.
func (r *Ring) Verify(p Path) error {
	if p.mac.text == nil {
		return ErrMac
	}
	fits := 0
	for _, k := range r.keys {
		fits |= subtle.ConstantTimeCompare([]byte(mac(k, r.gateway, p.OrderID)), []byte(*p.mac.text))
	}
	if fits == 0 || p.Gateway != r.gateway {
		return ErrMac
	}
	return nil
}

// mac is base64url(HMAC-SHA256(gateway key, "v1|gateway|orderId"))[:22].
func mac(k Key, gateway, orderID string) string {
	sum := k.sum("v1|" + gateway + "|" + orderID)
	return base64.RawURLEncoding.EncodeToString(sum)[:macLength]
}
