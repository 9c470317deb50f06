package mqtt

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// mosquitto is a real broker with TLS, passwords and ACLs on ports of its own: each
// listener's scheme names it.
type mosquitto struct {
	t     *testing.T
	bin   string
	dir   string
	ports map[string]int
	ca    *x509.CertPool
	cert  tls.Certificate // of the gateway
	cmd   *exec.Cmd
}

const password = "correct horse"

// newMosquitto writes everything the broker needs; start starts it. The test is skipped
// where there is no mosquitto.
func newMosquitto(t *testing.T) *mosquitto {
	t.Helper()
	m := &mosquitto{t: t, bin: tool(t, "mosquitto"), dir: t.TempDir(), ports: map[string]int{}}
	m.certificates()
	m.file("acl", "user gw-1\ntopic write edged/v1/gw-1/#\nuser watcher\ntopic read edged/v1/#\n")
	for _, user := range []string{"gw-1", "watcher"} {
		args := []string{"-b", filepath.Join(m.dir, "passwords"), user, password}
		if _, err := os.Stat(args[1]); err != nil {
			args = append([]string{"-c"}, args...)
		}
		if out, err := exec.Command(tool(t, "mosquitto_passwd"), args...).CombinedOutput(); err != nil {
			t.Fatalf("mosquitto_passwd: %v\n%s", err, out)
		}
	}
	conf := fmt.Sprintf("per_listener_settings true\nmax_inflight_messages 0\nmax_queued_messages 0\nlog_dest file %s/log\n", m.dir)
	if os.Getuid() == 0 {
		conf += "user root\n"
	}
	for _, scheme := range []string{"tcp", "tls", "cert", "ws", "wss"} {
		conf += m.listener(scheme)
	}
	m.file("conf", conf)
	return m
}

func (m *mosquitto) listener(scheme string) string {
	m.ports[scheme] = freePort(m.t)
	conf := fmt.Sprintf("listener %d 127.0.0.1\nallow_anonymous false\nacl_file %s/acl\n", m.ports[scheme], m.dir)
	if scheme == "ws" || scheme == "wss" {
		conf += "protocol websockets\n"
	}
	if scheme != "tcp" && scheme != "ws" {
		conf += fmt.Sprintf("cafile %[1]s/ca.pem\ncertfile %[1]s/server.pem\nkeyfile %[1]s/server.key\n", m.dir)
	}
	if scheme == "cert" {
		return conf + "require_certificate true\nuse_identity_as_username true\n"
	}
	return conf + fmt.Sprintf("password_file %s/passwords\n", m.dir)
}

func tool(t *testing.T, name string) string {
	t.Helper()
	for _, path := range []string{name, "/usr/sbin/" + name} {
		if bin, err := exec.LookPath(path); err == nil {
			return bin
		}
	}
	t.Skipf("%s is not installed here: nothing is tried against a real broker", name)
	return ""
}

func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func (m *mosquitto) file(name, content string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

// start starts the broker and waits until it takes connections.
func (m *mosquitto) start() {
	m.t.Helper()
	m.cmd = exec.Command(m.bin, "-c", filepath.Join(m.dir, "conf"))
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(m.kill)
	for deadline := time.Now().Add(20 * time.Second); ; {
		conn, err := net.Dial("tcp", m.addr("wss")) // the last listener
		if err == nil {
			conn.Close()
			return
		}
		if time.Now().After(deadline) {
			log, _ := os.ReadFile(filepath.Join(m.dir, "log"))
			m.t.Fatalf("mosquitto takes no connection: %v\n%s", err, log)
		}
		time.Sleep(5 * time.Millisecond) // a process has no other sign
	}
}

// kill is kill -9.
func (m *mosquitto) kill() {
	if m.cmd == nil {
		return
	}
	_ = m.cmd.Process.Kill()
	_ = m.cmd.Wait()
	m.cmd = nil
}

func (m *mosquitto) addr(scheme string) string {
	return fmt.Sprintf("127.0.0.1:%d", m.ports[scheme])
}

// certificates makes a CA, and of it one for the broker and one for the gateway.
func (m *mosquitto) certificates() {
	m.t.Helper()
	caKey, ca := m.issue("edged test CA", nil, nil)
	m.ca = x509.NewCertPool()
	m.ca.AddCert(ca)
	m.pem("ca.pem", "CERTIFICATE", ca.Raw)
	key, cert := m.issue("broker", caKey, ca)
	m.pem("server.pem", "CERTIFICATE", cert.Raw)
	m.pem("server.key", "EC PRIVATE KEY", sec1(m.t, key))
	key, cert = m.issue("gw-1", caKey, ca)
	m.cert = tls.Certificate{Certificate: [][]byte{cert.Raw}, PrivateKey: key}
}

func (m *mosquitto) issue(name string, byKey *ecdsa.PrivateKey, by *x509.Certificate) (*ecdsa.PrivateKey, *x509.Certificate) {
	m.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		m.t.Fatal(err)
	}
	form := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, BasicConstraintsValid: true, IsCA: by == nil,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if by == nil {
		by, byKey = form, key
		form.KeyUsage = x509.KeyUsageCertSign
	}
	der, err := x509.CreateCertificate(rand.Reader, form, by, &key.PublicKey, byKey)
	if err != nil {
		m.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		m.t.Fatal(err)
	}
	return key, cert
}

func sec1(t *testing.T, key *ecdsa.PrivateKey) []byte {
	t.Helper()
	der, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func (m *mosquitto) pem(name, kind string, der []byte) {
	m.file(name, string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})))
}

// gate is a DialContext that waits for leave: a broker that has lost its sessions has
// nobody to give a message to before the watcher has subscribed again.
type gate struct{ open chan chan struct{} }

func newGate() *gate {
	g := &gate{open: make(chan chan struct{}, 1)}
	g.open <- make(chan struct{})
	return g
}

// leave lets dials through, until shut.
func (g *gate) leave() { c := <-g.open; close(c); g.open <- c }

func (g *gate) shut() { <-g.open; g.open <- make(chan struct{}) }

func (g *gate) dial(ctx context.Context, network, addr string) (net.Conn, error) {
	c := <-g.open
	g.open <- c
	select {
	case <-c:
		return (&net.Dialer{}).DialContext(ctx, network, addr)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
