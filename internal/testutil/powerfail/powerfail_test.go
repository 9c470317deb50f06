package powerfail

import (
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/ncruces/go-sqlite3/vfs"
)

// file opens or creates a file as SQLite does.
func file(t *testing.T, fs *FS, name string, kind vfs.OpenFlag) vfs.File {
	t.Helper()
	f, _, err := fs.Open("/somewhere/"+name, kind|vfs.OPEN_READWRITE|vfs.OPEN_CREATE)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func write(t *testing.T, f vfs.File, off int64, text string) {
	t.Helper()
	if _, err := f.WriteAt([]byte(text), off); err != nil {
		t.Fatal(err)
	}
}

func flush(t *testing.T, f vfs.File) {
	t.Helper()
	if err := f.Sync(vfs.SYNC_NORMAL); err != nil {
		t.Fatal(err)
	}
}

// outcomes returns every disk that a crash at the end of the log can leave in a
// mode, as "name=content" lists.
func outcomes(log *Log, mode Mode, ordered bool) []string {
	seen := map[string]bool{}
	for seed := range uint64(300) {
		files := log.Crash(log.Len(), mode, ordered, rand.New(rand.NewPCG(seed, 1)))
		var list []string
		for _, name := range slices.Sorted(maps.Keys(files)) {
			list = append(list, fmt.Sprintf("%s=%q", name, files[name]))
		}
		seen[strings.Join(list, " ")] = true
	}
	return slices.Sorted(maps.Keys(seen))
}

func TestWhatACrashLeaves(t *testing.T) {
	for _, c := range []struct {
		name    string
		run     func(t *testing.T, fs *FS)
		mode    Mode
		ordered bool
		want    []string
	}{
		{
			"a synced write in a synced directory stays",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				write(t, f, 0, "one")
				flush(t, f)
				fs.SyncDir("")
			},
			Drop, false,
			[]string{`a="one"`},
		},
		{
			"a synced file whose name is not durable is gone",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				write(t, f, 0, "one")
				flush(t, f)
			},
			Drop, false,
			[]string{``},
		},
		{
			"an ordered directory makes the name durable with the file",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				write(t, f, 0, "one")
				flush(t, f)
			},
			Drop, true,
			[]string{`a="one"`},
		},
		{
			"the first sync of a WAL syncs the directory too",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a-wal", vfs.OPEN_WAL)
				write(t, f, 0, "one")
				flush(t, f)
			},
			Drop, false,
			[]string{`a-wal="one"`},
		},
		{
			"later writes arrive as a prefix",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				fs.SyncDir("")
				write(t, f, 0, "1")
				write(t, f, 1, "2")
			},
			Prefix, false,
			[]string{`a=""`, `a="1"`, `a="12"`},
		},
		{
			"or as any subset",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				fs.SyncDir("")
				write(t, f, 0, "1")
				write(t, f, 1, "2")
			},
			Subset, false,
			[]string{`a=""`, `a="1"`, `a="12"`, `a="\x002"`},
		},
		{
			"a removal without a sync of the directory may be undone",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				flush(t, f)
				fs.SyncDir("")
				fs.Remove("a")
				flush(t, file(t, fs, "b", vfs.OPEN_MAIN_DB))
			},
			Subset, false,
			[]string{``, `a=""`, `a="" b=""`, `b=""`},
		},
		{
			"in an ordered directory a later sync of any file settles it",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				flush(t, f)
				fs.SyncDir("")
				fs.Remove("a")
				flush(t, file(t, fs, "b", vfs.OPEN_MAIN_DB))
			},
			Subset, true,
			[]string{`b=""`},
		},
		{
			"a rename shows one file or the other, never none",
			func(t *testing.T, fs *FS) {
				for _, name := range []string{"a", "b"} {
					f := file(t, fs, name, vfs.OPEN_MAIN_DB)
					write(t, f, 0, name)
					flush(t, f)
				}
				fs.SyncDir("")
				fs.Rename("b", "a")
			},
			Subset, false,
			[]string{`a="a" b="b"`, `a="b"`},
		},
		{
			"after a failed sync no later sync settles the writes before it",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				fs.SyncDir("")
				write(t, f, 0, "1")
				fs.Inject(Fault{Op: Sync, Err: syscall.EIO, Times: 1})
				if err := f.Sync(vfs.SYNC_NORMAL); !errors.Is(err, syscall.EIO) {
					t.Errorf("Sync: got %v, want EIO", err)
				}
				write(t, f, 1, "2")
				flush(t, f)
			},
			Subset, false,
			[]string{`a="12"`, `a="\x002"`},
		},
		{
			"a short write leaves its first bytes",
			func(t *testing.T, fs *FS) {
				f := file(t, fs, "a", vfs.OPEN_MAIN_DB)
				fs.SyncDir("")
				fs.Inject(Fault{Op: Write, Err: syscall.ENOSPC, Times: 1, Short: 2})
				if n, err := f.WriteAt([]byte("full"), 0); n != 2 || !errors.Is(err, syscall.ENOSPC) {
					t.Errorf("WriteAt: got %d, %v, want 2, ENOSPC", n, err)
				}
			},
			Keep, false,
			[]string{`a="fu"`},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			log := NewLog()
			c.run(t, NewFS(nil, log))
			if got := outcomes(log, c.mode, c.ordered); !slices.Equal(got, c.want) {
				t.Errorf("left: got %q, want %q", got, c.want)
			}
		})
	}
}

func TestATornWriteIsTornBetweenSectors(t *testing.T) {
	log := NewLog()
	fs := NewFS(Files{"a": make([]byte, 3*sector)}, log)
	write(t, file(t, fs, "a", vfs.OPEN_MAIN_DB), 0, strings.Repeat("x", 3*sector))
	for mode, want := range map[Mode]int{Torn: 2, Junk: 3} {
		kinds, states := map[byte]bool{}, map[string]bool{}
		for seed := range uint64(200) {
			data := log.Crash(log.Len(), mode, true, rand.New(rand.NewPCG(seed, 2)))["a"]
			state := ""
			for at := 0; at < len(data); at += sector {
				k := kindOf(data[at : at+sector])
				kinds[k] = true
				state += string(k)
			}
			states[state] = true
		}
		if len(kinds) != want || len(states) != want*want*want {
			t.Errorf("%s: got %d kinds of sector in %d combinations, want %d in %d", mode, len(kinds), len(states), want, want*want*want)
		}
	}
}

// kindOf tells a new sector from an old one and from garbage; a mixed one is
// garbage too.
func kindOf(p []byte) byte {
	for _, k := range []byte{'x', 0} {
		if len(p) == strings.Count(string(p), string(rune(k))) {
			return k
		}
	}
	return '?'
}

func TestFaultsCountWhatTheyHit(t *testing.T) {
	fs := NewFS(nil, nil)
	f, other := file(t, fs, "a", vfs.OPEN_MAIN_DB), file(t, fs, "b", vfs.OPEN_MAIN_DB)
	remove := fs.Inject(Fault{Op: Write, File: "a", Skip: 2, Times: 2, Err: syscall.EIO})
	got := ""
	for range 6 {
		write(t, other, 0, "x")
		if _, err := f.WriteAt([]byte("x"), 0); err != nil {
			got += "!"
		} else {
			got += "."
		}
	}
	if got != "..!!.." {
		t.Errorf("writes: got %s, want ..!!..", got)
	}
	remove()
	fs.Inject(Fault{Op: Read, Err: syscall.EIO})
	if _, err := f.ReadAt(make([]byte, 1), 0); !errors.Is(err, syscall.EIO) {
		t.Errorf("ReadAt: got %v, want EIO", err)
	}
}

// TestExploreFindsWhatIsWrong runs a program that keeps a counter in a file and
// acknowledges each value, with its sync or without.
func TestExploreFindsWhatIsWrong(t *testing.T) {
	for _, careful := range []bool{true, false} {
		t.Run(fmt.Sprintf("program syncs %t", careful), func(t *testing.T) {
			log := NewLog()
			fs := NewFS(Files{"n": {0}}, log)
			f := file(t, fs, "n", vfs.OPEN_MAIN_DB)
			for i := range 20 {
				write(t, f, 0, string(rune(i)))
				if careful {
					flush(t, f)
				}
				log.Mark(i)
			}
			// Not Junk: it spoils what the program writes in place, and rightly so.
			o := Options{States: 200, Modes: []Mode{Keep, Drop, Prefix, Subset, Torn}}
			r := Explore(t, log, o, func(st *State) error {
				last := 0
				for _, m := range st.Marks {
					last = m.(int)
				}
				if n := int(st.Disk.Files()["n"][0]); n < last {
					return fmt.Errorf("is %d, acknowledged %d", n, last)
				}
				// The recovery counts on, and is cut again.
				f := file(t, st.Disk, "n", vfs.OPEN_MAIN_DB)
				write(t, f, 0, string(rune(last+30)))
				flush(t, f)
				st.Disk.Log().Mark(last + 30)
				return nil
			})
			if r.States != 200 || careful && r.Recuts < 100 {
				t.Errorf("checked %d states and %d again, want 200 and at least 100", r.States, r.Recuts)
			}
			if (r.Bad == 0) != careful {
				t.Errorf("program syncs %t: %s", careful, r)
			}
		})
	}
}
