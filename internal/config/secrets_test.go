package config

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

func TestM8_ASecretHidesItselfHoweverItIsPrinted(t *testing.T) {
	const value = "s3cret-value"
	holder := struct {
		Key  Secret
		Keys []Secret
		Map  map[string]Secret
		Ptr  *Secret
		key  Secret
		keys []Secret
	}{key: NewSecret(value), keys: []Secret{NewSecret(value)}, Key: NewSecret(value), Keys: []Secret{NewSecret(value)}, Map: map[string]Secret{"front": NewSecret(value)}}
	holder.Ptr = &holder.Key

	outputs := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		outputs[verb] = fmt.Sprintf(verb, holder.Key) + fmt.Sprintf(verb, holder) + fmt.Sprintf(verb, holder.Ptr)
	}
	for name, marshal := range map[string]func(any) ([]byte, error){"json": json.Marshal, "yaml": yaml.Marshal} {
		b, err := marshal(holder)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		outputs[name] = string(b)
	}
	var log bytes.Buffer
	for _, h := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
		slog.New(h).Info("loaded", "key", holder.Key, "all", holder, "group", slog.GroupValue(slog.Any("k", holder.Key)))
	}
	outputs["slog"] = log.String()

	for how, out := range outputs {
		hexed := fmt.Sprintf("%x", value)
		if strings.Contains(out, value) || strings.Contains(strings.ToLower(out), hexed) {
			t.Errorf("%s shows the secret: %s", how, out)
		}
		if !strings.Contains(out, hidden) {
			t.Errorf("%s does not say that something is hidden: %s", how, out)
		}
	}
	if holder.Key.Reveal() != value || !holder.Key.IsSet() || (Secret{}).IsSet() {
		t.Error("Reveal or IsSet is wrong")
	}
}

func TestSecretsAreReadFromCredentialsThenFromBesideTheFile(t *testing.T) {
	credentials(t, map[string]string{"password": "123456\n"})
	dir := t.TempDir()
	file := filepath.Join(dir, "edged.yaml")
	content := strings.Replace(minimal, "app_id: P1", "app_id: P1, secret_file: beside", 1)
	content = strings.Replace(content, "port: /dev", "password_file: password, port: /dev", 1)
	write(t, file, content, 0o600)
	write(t, filepath.Join(dir, "beside"), "beside the file\r\n", 0o640)
	write(t, filepath.Join(dir, "saas-key"), "not this one", 0o600)

	c, problems := Load(file)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	s, problems := LoadSecrets(c)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if got := s.SaaSKey.Reveal(); got != "key" {
		t.Errorf("SaaSKey = %q", got)
	}
	if got := s.SaaSSecret.Reveal(); got != "beside the file" {
		t.Errorf("SaaSSecret = %q", got)
	}
	if len(s.CallbackKeys) != 2 || s.CallbackKeys[0].Reveal() != newKey || s.CallbackKeys[1].Reveal() != oldKey {
		t.Errorf("%d CallbackKeys", len(s.CallbackKeys))
	}
	if got := s.TerminalPasswords["front"].Reveal(); got != "123456" {
		t.Errorf("terminal password = %q", got)
	}
}

func TestASecretFileGoneLaterIsNamedAndTheRestIsLoaded(t *testing.T) {
	dir := credentials(t, nil)
	c, problems := Parse("/etc/edged/edged.yaml", []byte(minimal))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if err := os.Remove(filepath.Join(dir, "saas-key")); err != nil {
		t.Fatal(err)
	}
	s, problems := LoadSecrets(c)
	want := `/etc/edged/edged.yaml: saas.key_file: file not readable, got "/etc/edged/saas-key": no such file or directory, want a file edged can read`
	if len(problems) != 1 || problems[0].String() != want {
		t.Errorf("problems %v, want %s", problems, want)
	}
	if s.SaaSKey.IsSet() || s.SaaSSecret.Reveal() != "secret" {
		t.Errorf("secrets %+v", s)
	}
}

func TestASecretFileOpenToEveryUserIsRefused(t *testing.T) {
	dir := credentials(t, nil)
	for _, mode := range []os.FileMode{0o644, 0o602} {
		if err := os.Chmod(filepath.Join(dir, "saas-key"), mode); err != nil {
			t.Fatal(err)
		}
		_, problems := Parse("edged.yaml", []byte(minimal))
		if len(problems) != 1 || !strings.Contains(problems[0].String(), "edged.yaml:2: saas.key_file: file open to every user") {
			t.Errorf("mode %o: %v", mode, problems)
		}
	}
}

func TestANamedPipeIsRefusedWithoutWaitingOnIt(t *testing.T) {
	dir := credentials(t, nil)
	pipe(t, filepath.Join(dir, "fifo"))
	content := strings.Replace(minimal, "app_id: P1", "app_id: P1, key_file: fifo", 1)
	_, problems := Parse("edged.yaml", []byte(content))
	if len(problems) != 1 || !strings.Contains(problems[0].Text, "not a file of a usable kind") {
		t.Errorf("problems: %v", problems)
	}
}

func TestNoProblemShowsASecret(t *testing.T) {
	credentials(t, map[string]string{"password": "12345x", "saas-key": "kkkkkkkk-value", "callback-key": "cccccccc-value"})
	content := strings.Replace(minimal, "port: /dev", "password_file: password, port: /dev", 1) +
		"metrics: {remote_write: {url: \"https://user:pppppppp-value@example.com\"}}\nlog: {level: x}\n"
	_, problems := Parse("edged.yaml", []byte(content))
	if len(problems) != 4 {
		t.Errorf("%d problems, want 4: %v", len(problems), problems)
	}
	for _, p := range problems {
		if strings.Contains(p.String(), "-value") || strings.Contains(p.String(), "12345x") {
			t.Errorf("problem shows a secret: %s", p)
		}
	}
}

func write(t *testing.T, file, content string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
}
