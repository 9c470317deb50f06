// Package callback owns the URL at which the SaaS tells us about an order: its
// path, the keys, and the mac that makes it unguessable (DESIGN §7). The vendor
// signs nothing, so whoever knows an order's URL can speak for the SaaS: the mac
// is a secret, and so are the keys.
//
// It promises that keys hide themselves however they are printed, that macs are
// compared in constant time, and that every error text is free of macs. It is pure
// and shared by the gateway and the relay: the gateway holds only its own derived
// key, the relay the master. It refuses to know HTTP.
package callback
