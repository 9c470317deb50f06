package config

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// goodConfig is a valid file in its own directory, with its state directory.
func goodConfig(t *testing.T) (file, content string, c *Config) {
	t.Helper()
	credentials(t, nil)
	dir := t.TempDir()
	file = filepath.Join(dir, "edged.yaml")
	content = "state_dir: " + dir + " # on flash\n" + minimal + `
purchase: {hold_limit: "50.00", min_hold: 007.10, decision_deadline: 20h30m}
queue: {reserve_bytes: 512MiB}
metrics: {listen: ""}
site: "1"
`
	write(t, file, content, 0o600)
	c, problems := Load(file)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	return file, content, c
}

func TestM11_TheLastValidConfigurationOutlivesABrokenFile(t *testing.T) {
	file, content, want := goodConfig(t)
	if err := SaveLastGood(want); err != nil {
		t.Fatal(err)
	}
	for name, broken := range map[string]string{
		"a mistake":          content + "sitee: x\n",
		"no YAML any more":   content + "x: [\n",
		"nothing else is in": "state_dir: '" + filepath.Dir(file) + "'\n\x00\x01\xff",
	} {
		write(t, file, broken, 0o600)
		if c, problems := Load(file); c != nil || len(problems) == 0 {
			t.Fatalf("%s: accepted", name)
		}
		got, err := LoadLastGood(file)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v, want %+v", name, got, err, want)
		}
	}
}

func TestSavingTheSameConfigurationAgainWritesNothing(t *testing.T) {
	file, _, c := goodConfig(t)
	if err := SaveLastGood(c); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(filepath.Dir(file), lastGoodName)
	before := inode(t, kept)
	if err := SaveLastGood(c); err != nil {
		t.Fatal(err)
	}
	if inode(t, kept) != before {
		t.Error("the kept file was written again")
	}
	c.Site = "other"
	if err := SaveLastGood(c); err != nil {
		t.Fatal(err)
	}
	if got, err := LoadLastGood(file); err != nil || got.Site != "other" {
		t.Errorf("after a change: %+v, %v", got, err)
	}
	if _, err := os.Stat(kept + ".tmp"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("temporary file: %v", err)
	}
}

func TestADamagedOrMissingCopyIsNoConfiguration(t *testing.T) {
	file, _, c := goodConfig(t)
	kept := filepath.Join(filepath.Dir(file), lastGoodName)
	if _, err := LoadLastGood(file); !errors.Is(err, ErrNoLastGood) {
		t.Errorf("without a copy: %v", err)
	}
	if err := SaveLastGood(c); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(kept)
	if err != nil {
		t.Fatal(err)
	}
	middle := strings.Index(string(good), "queue:")
	for name, damaged := range map[string]string{
		"cut behind a line":           string(good[:middle]),
		"empty":                       "",
		"cut in the header":           string(good[:20]),
		"cut in the middle":           string(good[:len(good)/2]),
		"of a build with other keys":  strings.TrimSuffix(string(good), lastGoodEnd) + "new_key: 1\n" + lastGoodEnd,
		"with a driver of no build":   strings.Replace(string(good), "driver: zvt", "driver: xyz", 1),
		"of a rule that now forbids":  strings.Replace(string(good), "door: 1", "door: 0", 1),
		"zeros instead of the blocks": strings.Repeat("\x00", len(good)),
	} {
		write(t, kept, damaged, 0o600)
		if got, err := LoadLastGood(file); !errors.Is(err, ErrNoLastGood) {
			t.Errorf("%s: %+v, %v, want ErrNoLastGood", name, got, err)
		}
	}
}

func TestAReadOnlyStateDirectoryIsAnError(t *testing.T) {
	_, _, c := goodConfig(t)
	c.StateDir = filepath.Join(c.StateDir, "missing")
	if err := SaveLastGood(c); err == nil || !strings.Contains(err.Error(), "keep last valid config") {
		t.Errorf("error %v", err)
	}
}

func inode(t *testing.T, file string) uint64 {
	t.Helper()
	var st unix.Stat_t
	if err := unix.Stat(file, &st); err != nil {
		t.Fatal(err)
	}
	return st.Ino
}

func pipe(t *testing.T, file string) {
	t.Helper()
	if err := unix.Mkfifo(file, 0o600); err != nil {
		t.Fatal(err)
	}
}
