package kept

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

func TestWhatIsLostIsNamed(t *testing.T) {
	tests := []struct {
		name, was, is string
		want          []string
	}{
		{"nothing", `{"a":1,"b":[true]}`, `{"b":[true,false],"a":1,"c":2}`, nil},
		{"a field that is gone", `{"a":{"b":1}}`, `{"a":{"c":1}}`, []string{".a.b: 1 is now <nil>"}},
		{"a value that is another", `{"a":"x"}`, `{"a":"y"}`, []string{".a: x is now y"}},
		{"a number beyond a float", `{"a":9007199254740993}`, `{"a":9007199254740992}`, []string{".a: 9007199254740993 is now 9007199254740992"}},
		{"the end of a list", `{"a":[1,2]}`, `{"a":[1]}`, []string{".a[1]: 2 is now <nil>"}},
	}
	for _, tt := range tests {
		got, err := Lost([]byte(tt.was), []byte(tt.is))
		if err != nil || !slices.Equal(got, tt.want) {
			t.Errorf("%s: %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
	if _, err := Lost([]byte("{"), []byte("{}")); err == nil {
		t.Error("half an object is compared")
	}
}

// quiet is a test that only notes that it failed.
type quiet struct {
	testing.TB
	failed bool
}

func (q *quiet) Errorf(string, ...any) { q.failed = true }

func TestAKeptFileIsWrittenOnceAndNoticedWhenItIsEdited(t *testing.T) {
	d := Dir{Path: filepath.Join(t.TempDir(), "v1"), Names: []string{"one"}}
	d.Write(t, func(name string) []byte { return []byte(name) })
	d.Names = append(d.Names, "two")
	d.Write(t, func(string) []byte { return []byte("another") })
	if got := string(d.Read(t, "one")); got != "one" {
		t.Errorf("a file that was there is now %q", got)
	}
	d.Check(t)
	spoil := func(name, path, text string) {
		before, _ := os.ReadFile(path)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		q := quiet{TB: t}
		if d.Check(&q); !q.failed {
			t.Errorf("%s is not noticed", name)
		}
		if before == nil {
			os.Remove(path)
		} else if err := os.WriteFile(path, before, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	spoil("an edited file", d.File("one"), "edited")
	spoil("a file that is in no table", d.File("three"), "more")
	spoil("a sum that was edited", filepath.Join(d.Path, sums), "")
	d.Check(t)
}
