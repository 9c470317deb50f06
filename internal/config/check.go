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

	"edged/internal/errcode"
	"edged/internal/yamlfile"
)

// checker collects what validation finds. Its methods are the single checks; the
// validate files say which key gets which.
type checker struct {
	*yamlfile.Decoder
	c *Config
}

func newChecker(d *yamlfile.Decoder, c *Config) *checker {
	return &checker{Decoder: d, c: c}
}

func (k *checker) required(path, got, want string) bool {
	if got == "" {
		k.ProblemOf(errcode.ConfigMissing, path, "missing, want %s", want)
	}
	return got != ""
}

func (k *checker) match(path, got string, re *regexp.Regexp, want string) {
	if !re.MatchString(got) {
		k.Problem(path, "not allowed, got %s, want %s", yamlfile.Quote(got), want)
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
		k.Problem(path, "unknown value, got %s, want %s", yamlfile.Quote(got), yamlfile.Either(allowed))
	}
}

func (k *checker) between(path string, got, low, high int) {
	if got < low || got > high {
		k.Problem(path, "out of range, got %d, want %d to %d", got, low, high)
	}
}

func (k *checker) positive(path string, d Duration) {
	if d <= 0 {
		k.Problem(path, "out of range, got %s, want more than 0s", d)
	}
}

// less checks that one duration is shorter than another.
func (k *checker) less(path string, d Duration, otherPath string, other Duration) {
	if d >= other && other > 0 && !k.Broken(otherPath) {
		k.Problem(path, "too long, got %s, want less than %s, which is %s", d, otherPath, other)
	}
}

func (k *checker) absolute(path, got string) {
	if !filepath.IsAbs(got) {
		k.Problem(path, "not an absolute path, got %s, want one that starts with /", yamlfile.Quote(got))
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
		k.Problem(path, "not an address, got %s, want address:port such as 127.0.0.1:9464", yamlfile.Quote(got))
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
		k.Problem(path, "not a URL, want %s", want)
	case u.User != nil:
		k.Problem(path, "user or password in the URL, want neither")
	case u.Hostname() == "" || u.RawQuery != "" || u.Fragment != "":
		k.Problem(path, "not a plain URL, got %s, want %s", yamlfile.Quote(got), want)
	case slices.Contains(secure, u.Scheme):
	case !slices.Contains(plain, u.Scheme):
		k.Problem(path, "wrong scheme, got %s, want %s", yamlfile.Quote(got), want)
	case !loopback(u.Hostname()):
		k.Problem(path, "not encrypted, got %s, want %s", yamlfile.Quote(got), want)
	}
}

// both checks two keys that make sense only together.
func (k *checker) both(pathA, a, pathB, b string) {
	switch {
	case a != "" && b == "":
		k.ProblemOf(errcode.ConfigMissing, pathB, "missing, want it because %s is given", pathA)
	case a == "" && b != "":
		k.ProblemOf(errcode.ConfigMissing, pathA, "missing, want it because %s is given", pathB)
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
		c.k.ProblemOf(errcode.ConfigTwice, path, "%s used twice, got %s, which %s has too, want another", c.what, yamlfile.Quote(thing), first)
		return
	}
	c.owner[thing] = path
}

func at(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
