package app

import (
	"bytes"
	"encoding/hex"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"edged/internal/sim/readersim"
)

// TestM8_NoCardNumberAndNoSecretIsKeptOrLogged: a terminal that sends whole card
// numbers, a sale over real wires, and a log of every detail. Neither the number nor
// a key, the secret or the mac of the order's callbacks is in the log, the metrics or
// any file below state_dir.
func TestM8_NoCardNumberAndNoSecretIsKeptOrLogged(t *testing.T) {
	const pan = "4761739001010010"
	s := newSite(t)
	var log bytes.Buffer
	a := s.appLogging(t, slog.NewJSONHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	s.sell(t, a, readersim.Card{Masked: pan})
	orders := s.saas.Ledger().Orders
	if len(orders) != 1 {
		t.Fatalf("%d orders at the SaaS, want 1", len(orders))
	}
	secrets := map[string]string{"the card number": pan, "its middle": pan[4:14], "the key": siteKey, "the secret": siteSecret, "the callback key": siteCallbackKey}
	for _, o := range orders {
		secrets["the mac"] = o.NotifyURL[strings.LastIndexByte(o.NotifyURL, '/')+1:]
	}
	places := s.kept(t)
	places["the log"], places["the metrics"] = log.Bytes(), exposed(t, a)
	places["the flight recorder"] = traced(t, a)
	for what, secret := range secrets {
		for where, content := range places {
			if shows(content, secret) {
				t.Errorf("%s is in %s", what, where)
			}
		}
	}
	// What is searched has what it should have: else nothing could be found in it.
	if !shows(places["edged.db"], pan[:6]) || !shows(places["the flight recorder"], pan[:6]) || !shows(log.Bytes(), hex.EncodeToString([]byte{0x04, 0x0F})) {
		t.Errorf("store or flight recorder lack the first digits of the card, or the log the terminal's frames: %d files", len(places))
	}
}

// shows looks for a secret as text, as hex of its text, and as the digits of a BCD.
func shows(content []byte, secret string) bool {
	forms := [][]byte{[]byte(secret), []byte(hex.EncodeToString([]byte(secret)))}
	if bcd, err := hex.DecodeString(secret); err == nil {
		forms = append(forms, bcd)
	}
	for _, form := range forms {
		if bytes.Contains(bytes.ToLower(content), bytes.ToLower(form)) {
			return true
		}
	}
	return false
}

// kept reads every file below state_dir, by its name.
func (s *site) kept(t *testing.T) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	state := filepath.Join(s.dir, "state")
	err := filepath.WalkDir(state, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		files[filepath.Base(path)], err = os.ReadFile(path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// traced is what the flight recorders have, its bytes without the blanks between.
func traced(t *testing.T, a *App) []byte {
	t.Helper()
	var b bytes.Buffer
	for _, r := range a.traces.all() {
		if _, err := r.Trace().WriteTo(&b); err != nil {
			t.Fatal(err)
		}
	}
	return bytes.ReplaceAll(b.Bytes(), []byte(" "), nil)
}

// exposed is what /metrics shows.
func exposed(t *testing.T, a *App) []byte {
	t.Helper()
	families, err := a.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	for _, f := range families {
		b.WriteString(f.String())
	}
	if b.Len() == 0 {
		t.Fatal("no metrics")
	}
	return b.Bytes()
}
