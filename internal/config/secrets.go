package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"edged/internal/callback"
	"edged/internal/errcode"
	"edged/internal/yamlfile"
)

// maxSecretFile bounds a key or certificate file.
const maxSecretFile = 256 << 10

// Secrets are the contents of the secret files that the daemon holds in memory.
// Certificates and lists are not among them: who uses those reads the file itself,
// again when it changes.
type Secrets struct {
	SaaSKey    Secret
	SaaSSecret Secret
	// CallbackKeys: the first signs, all are accepted.
	CallbackKeys []Secret
	// TerminalPasswords by lane name; a lane without one uses the driver's default.
	TerminalPasswords map[string]Secret
	MQTTPassword      Secret
	ConsoleToken      Secret
	// RemoteWrite is the password or the bearer token for metrics.remote_write.
	RemoteWrite Secret
}

// Resolve is the file behind the value of a *_file key: absolute as it is, else in
// the systemd credential directory (systemd.exec(5), CREDENTIALS_DIRECTORY) if it
// has the file, else beside the configuration file. "" stays "".
func (c *Config) Resolve(file string) string {
	if file == "" || filepath.IsAbs(file) {
		return file
	}
	if dir := os.Getenv("CREDENTIALS_DIRECTORY"); dir != "" {
		credential := filepath.Join(dir, file)
		if _, err := os.Stat(credential); err == nil {
			return credential
		}
	}
	return filepath.Join(filepath.Dir(c.source), file)
}

// LoadSecrets reads the secret files of a configuration. A file that was good when
// the configuration was loaded may be gone by now: then the problems say so and
// the rest is loaded.
func LoadSecrets(c *Config) (*Secrets, []Problem) {
	d := yamlfile.NewDecoder(c.source)
	d.ForgetLines() // none is known any more
	k := newChecker(d, c)
	s := k.secrets()
	return s, k.Problems()
}

// secrets reads and checks every file that the gateway's own keys name.
func (k *checker) secrets() *Secrets {
	c := k.c
	s := &Secrets{
		SaaSKey:           k.secret("saas.key_file", c.SaaS.KeyFile, true),
		SaaSSecret:        k.secret("saas.secret_file", c.SaaS.SecretFile, true),
		CallbackKeys:      k.callbackKeys("callbacks.mac_key_file", c.Callbacks.MACKeyFile),
		TerminalPasswords: map[string]Secret{},
		MQTTPassword:      k.secret("mqtt.password_file", c.MQTT.PasswordFile, false),
		ConsoleToken:      k.secret("console.token_file", c.Console.TokenFile, false),
	}
	if r := c.Metrics.RemoteWrite; r.BearerTokenFile != "" {
		s.RemoteWrite = k.secret("metrics.remote_write.bearer_token_file", r.BearerTokenFile, false)
	} else {
		s.RemoteWrite = k.secret("metrics.remote_write.password_file", r.PasswordFile, false)
	}
	k.pair("metrics.remote_write", c.Metrics.RemoteWrite.ClientCertFile, c.Metrics.RemoteWrite.ClientKeyFile, "client_cert_file", "client_key_file")
	k.authorities("metrics.remote_write.ca_file", c.Metrics.RemoteWrite.CAFile)
	k.pair("callbacks", c.Callbacks.TLSCertFile, c.Callbacks.TLSKeyFile, "tls_cert_file", "tls_key_file")
	k.pair("mqtt", c.MQTT.ClientCertFile, c.MQTT.ClientKeyFile, "client_cert_file", "client_key_file")
	k.pair("console", c.Console.TLSCertFile, c.Console.TLSKeyFile, "tls_cert_file", "tls_key_file")
	k.readable("mqtt.ca_file", c.MQTT.CAFile)
	k.readable("mqtt.commands_public_key_file", c.MQTT.CommandsPublicKeyFile)
	k.readable("metrics.web_config_file", c.Metrics.WebConfigFile)
	for i, lane := range c.Lanes {
		k.laneSecrets(at("lanes", i), lane, s)
	}
	return s
}

func (k *checker) laneSecrets(path string, lane Lane, s *Secrets) {
	if p := k.secret(path+".terminal.password_file", lane.Terminal.PasswordFile, false); p.IsSet() {
		// ZVT passwords are 3 bytes of BCD (ZVT notes §6, BMP 3D).
		if lane.Terminal.Driver == "zvt" && !regexp.MustCompile(`^[0-9]{6}$`).MatchString(p.Reveal()) {
			k.ProblemOf(errcode.ConfigSecret, path+".terminal.password_file", "not a terminal password, want 6 digits in the file")
		}
		s.TerminalPasswords[lane.Name] = p
	}
	if lane.Badge != nil {
		k.readable(path+".badge.allow_file", lane.Badge.AllowFile)
	}
}

// secret reads one secret, without its line end.
func (k *checker) secret(path, file string, required bool) Secret {
	if file == "" {
		if required {
			k.ProblemOf(errcode.ConfigMissing, path, "missing, want the name of a file")
		}
		return Secret{}
	}
	data, ok := k.read(path, file, true)
	if !ok {
		return Secret{}
	}
	value := strings.TrimRight(string(data), "\r\n")
	if strings.TrimSpace(value) == "" {
		k.ProblemOf(errcode.ConfigSecret, path, "empty file, got %s, want the secret in it", quoteFile(k.c.Resolve(file)))
	}
	return NewSecret(value)
}

// callbackKeys reads a file of one key a line; empty lines and comments do not
// count.
func (k *checker) callbackKeys(path, file string) []Secret {
	text := k.secret(path, file, true)
	if !text.IsSet() {
		return nil
	}
	if _, err := callback.ParseKeys(text.Reveal()); err != nil {
		k.ProblemOf(errcode.ConfigSecret, path, "not a file of callback keys, got: %v, want 64 hex digits a line", err)
		return nil
	}
	var out []Secret
	for line := range strings.Lines(text.Reveal()) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			out = append(out, NewSecret(line))
		}
	}
	return out
}

// readable checks a file that holds no secret.
func (k *checker) readable(path, file string) {
	if file != "" {
		k.read(path, file, false)
	}
}

// authorities checks a file of certificates that others are judged by.
func (k *checker) authorities(path, file string) {
	if file == "" {
		return
	}
	if data, ok := k.read(path, file, false); ok && !x509.NewCertPool().AppendCertsFromPEM(data) {
		k.ProblemOf(errcode.ConfigSecret, path, "no certificate in it, got %s, want PEM certificates", quoteFile(k.c.Resolve(file)))
	}
}

// pair checks a certificate with its key.
func (k *checker) pair(path, cert, key, certName, keyName string) {
	if cert == "" || key == "" {
		return
	}
	certPEM, certOK := k.read(path+"."+certName, cert, false)
	keyPEM, keyOK := k.read(path+"."+keyName, key, true)
	if !certOK || !keyOK {
		return
	}
	if _, err := tls.X509KeyPair(certPEM, keyPEM); err != nil {
		k.ProblemOf(errcode.ConfigSecret, path+"."+certName, "not usable with %s, got: %v, want a PEM certificate and its key", keyName, err)
	}
}

// read returns the file's content. A secret file that every user of the machine
// can read or write is a problem, but it is read.
func (k *checker) read(path, file string, secret bool) ([]byte, bool) {
	file = k.c.Resolve(file)
	info, err := os.Stat(file) // before opening: opening a pipe would wait for ever
	if err != nil {
		k.ProblemOf(errcode.ConfigSecret, path, "file not readable, got %s: %s, want a file edged can read", quoteFile(file), cause(err))
		return nil, false
	}
	if !info.Mode().IsRegular() || info.Size() > maxSecretFile {
		k.ProblemOf(errcode.ConfigSecret, path, "not a file of a usable kind, got %s, want a regular file of at most %d bytes", quoteFile(file), maxSecretFile)
		return nil, false
	}
	if mode := info.Mode().Perm(); secret && mode&0o007 != 0 {
		k.ProblemOf(errcode.ConfigOpenSecret, path, "file open to every user, got %s with mode %04o, want at most 0640", quoteFile(file), mode)
	}
	data, err := os.ReadFile(file)
	if err != nil {
		k.ProblemOf(errcode.ConfigSecret, path, "file not readable, got %s: %s, want a file edged can read", quoteFile(file), cause(err))
		return nil, false
	}
	return data, true
}

// cause is the system's word for what failed, without the path again.
func cause(err error) string {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err.Error()
	}
	return fmt.Sprint(err)
}

// quoteFile is a file name as a problem shows it: whole, unless it looks like a
// secret that was put where its file's name belongs.
func quoteFile(file string) string {
	base := filepath.Base(file)
	if len(base) > yamlfile.MaxQuoted/2 && !strings.Contains(base, ".") {
		return fmt.Sprintf("a name of %d characters", len(base))
	}
	return fmt.Sprintf("%q", file)
}
