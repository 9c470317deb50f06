package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// checker collects what validation finds. Its methods are the single checks; the
// validate files say which key gets which.
type checker struct {
	*decoder
	c        *Config
	reported map[string]bool
}

func newChecker(d *decoder, c *Config) *checker {
	return &checker{decoder: d, c: c, reported: map[string]bool{}}
}

// problem adds one, unless there is one for this key already or the decoder could
// not read it or a block around it.
func (k *checker) problem(path, format string, args ...any) {
	if k.reported[path] || k.broken(path) {
		return
	}
	k.reported[path] = true
	k.append(k.lineFor(path), path, format, args...)
}

// broken tells whether the decoder could not read a key or a block around it.
func (k *checker) broken(path string) bool {
	for ; path != ""; path = parent(path) {
		if k.failed[path] {
			return true
		}
	}
	return false
}

// has tells whether the file gives a key.
func (k *checker) has(path string) bool { return k.lines[path] != 0 }

// lineFor is the line of a key, or for a missing one that of its block.
func (k *checker) lineFor(path string) int {
	for path != "" && !k.has(path) {
		path = parent(path)
	}
	return k.lines[path]
}

// parent is the block around a key: lanes[0].doors → lanes[0] → lanes → "".
func parent(path string) string {
	return path[:max(0, strings.LastIndexAny(path, ".["))]
}

func (k *checker) required(path, got, want string) bool {
	if got == "" {
		k.problem(path, "missing, want %s", want)
	}
	return got != ""
}

func (k *checker) match(path, got string, re *regexp.Regexp, want string) {
	if !re.MatchString(got) {
		k.problem(path, "not allowed, got %s, want %s", quote(got), want)
	}
}

// name checks what appears in topics, labels and URLs (DESIGN §6).
func (k *checker) name(path, got string) {
	const want = "1 to 32 of a-z, 0-9 and -"
	if k.required(path, got, want) {
		k.match(path, got, regexp.MustCompile(`^[a-z0-9-]{1,32}$`), want)
	}
}

func (k *checker) oneOf(path, got string, allowed ...string) {
	if !slices.Contains(allowed, got) {
		k.problem(path, "unknown value, got %s, want %s", quote(got), either(allowed))
	}
}

func (k *checker) between(path string, got, low, high int) {
	if got < low || got > high {
		k.problem(path, "out of range, got %d, want %d to %d", got, low, high)
	}
}

func (k *checker) positive(path string, d Duration) {
	if d <= 0 {
		k.problem(path, "out of range, got %s, want more than 0s", d)
	}
}

// less checks that one duration is shorter than another.
func (k *checker) less(path string, d Duration, otherPath string, other Duration) {
	if d >= other && other > 0 && !k.broken(otherPath) {
		k.problem(path, "too long, got %s, want less than %s, which is %s", d, otherPath, other)
	}
}

func (k *checker) absolute(path, got string) {
	if !filepath.IsAbs(got) {
		k.problem(path, "not an absolute path, got %s, want one that starts with /", quote(got))
	}
}

// listen checks an address to listen on; "" is none.
func (k *checker) listen(path, got string) bool {
	if got == "" {
		return false
	}
	host, port, err := net.SplitHostPort(got)
	n, perr := strconv.ParseUint(port, 10, 16)
	if _, aerr := netip.ParseAddr(host); err != nil || perr != nil || n == 0 || host != "" && host != "localhost" && aerr != nil {
		k.problem(path, "not an address, got %s, want address:port such as 127.0.0.1:9464", quote(got))
		return false
	}
	return true
}

// url checks scheme and host. Plain schemes are for this machine only: tokens,
// card data and the secret of a callback URL travel over it. A password in a URL
// would end up in logs.
func (k *checker) url(path, got string, secure, plain []string) {
	want := secure[0] + "://host (" + plain[0] + ":// only on this machine)"
	u, err := url.Parse(got)
	switch {
	case err != nil:
		k.problem(path, "not a URL, want %s", want)
	case u.User != nil:
		k.problem(path, "user or password in the URL, want neither")
	case u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "":
		k.problem(path, "not a plain URL, got %s, want %s", quote(got), want)
	case slices.Contains(secure, u.Scheme):
	case !slices.Contains(plain, u.Scheme):
		k.problem(path, "wrong scheme, got %s, want %s", quote(got), want)
	case !loopback(u.Hostname()):
		k.problem(path, "not encrypted, got %s, want %s", quote(got), want)
	}
}

// both checks two keys that make sense only together.
func (k *checker) both(pathA, a, pathB, b string) {
	switch {
	case a != "" && b == "":
		k.problem(pathB, "missing, want it because %s is given", pathA)
	case a == "" && b != "":
		k.problem(pathA, "missing, want it because %s is given", pathB)
	}
}

// loopback tells whether a host is this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}

// listensOnLoopback is for an address that listen has accepted.
func listensOnLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return err == nil && loopback(host)
}

// claims finds a thing used by two keys.
type claims struct {
	k     *checker
	what  string
	owner map[string]string
}

func (k *checker) claims(what string) *claims {
	return &claims{k: k, what: what, owner: map[string]string{}}
}

func (c *claims) take(thing, path string) {
	if first, taken := c.owner[thing]; taken {
		c.k.problem(path, "%s used twice, got %s, which %s has too, want another", c.what, quote(thing), first)
		return
	}
	c.owner[thing] = path
}

// either lists choices: a, b or c.
func either(choices []string) string {
	last := len(choices) - 1
	if last < 1 {
		return strings.Join(choices, "")
	}
	return strings.Join(choices[:last], ", ") + " or " + choices[last]
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
