package queue

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"edged/internal/testutil/powerfail"
)

// largeStore is a closed store of 10 MB, most of it what is not read at a start:
// waiting reports and the archive.
func largeStore(t *testing.T) powerfail.Files {
	t.Helper()
	disk := powerfail.NewFS(nil, nil)
	s := openOn(t, disk, memoryDir(t), 0)
	var ns []N
	for i := 0; len(disk.Files()[databaseName]) < 10<<20; {
		for range 10 {
			commit(t, s, func(tx *Tx) error {
				for range 60 {
					if err := purchaseRows(tx, i, &ns); err != nil {
						return err
					}
					i++
				}
				return nil
			})
		}
	}
	closeStore(t, s)
	return disk.Files()
}

// judgeLarge is judge for a database that is not checked whole at the start: damage that
// a reader meets breaks the store, and Recover names and leaves out what it is.
func judgeLarge(files powerfail.Files, dir string, want records) (string, error) {
	disk := powerfail.NewFS(files, nil)
	name, unregister := disk.Register()
	defer unregister()
	s, err := Open(context.Background(), Options{Dir: dir, VFS: name, Exclusive: true})
	if err != nil {
		return "does not start", err
	}
	defer s.Close()
	end := "sound"
	if s.Report().Damage != "" {
		end = "replaced at the start"
	}
	got, complete, err := readAll(s)
	if errors.Is(err, ErrCorrupt) && s.usable() != nil {
		end = "replaced when it was read"
		if err := s.Recover(context.Background()); err != nil {
			return "cannot be recovered", err
		}
		got, complete, err = readAll(s)
	}
	if err != nil {
		return "cannot be read", err
	}
	if end == "sound" && !complete {
		end = "records set aside"
	}
	return end, want.compare(got, complete)
}

// TestM11_EveryPageOfALargeStoreMayBeWrong spoils pages of a database of 10 MB, in the
// long form every page: by zeros, by garbage, by a flipped bit.
func TestM11_EveryPageOfALargeStoreMayBeWrong(t *testing.T) {
	step := 1500
	switch {
	case os.Getenv("EDGED_TORTURE") == "1":
		step = 1
	case testing.Short():
		step = 5000
	}
	files := largeStore(t)
	want, dir := wholeOf(t, files), memoryDir(t)
	pages := len(files[databaseName]) / pageSize
	ends, start := map[string]int{}, time.Now()
	for page := step / 2; page < pages; page += step {
		rng := rand.New(rand.NewPCG(uint64(page), 8))
		spoilt := maps.Clone(files)
		spoilt[databaseName] = slices.Clone(files[databaseName])
		p := spoilt[databaseName][page*pageSize:][:pageSize]
		how := []string{"zeros", "garbage", "a flipped bit"}[(page/step)%3]
		switch how {
		case "zeros":
			clear(p)
		case "garbage":
			for i := range p {
				p[i] = byte(rng.Uint32())
			}
		default:
			p[rng.IntN(pageSize)] ^= 1 << rng.IntN(8)
		}
		end, err := judgeLarge(spoilt, dir, want)
		_ = os.RemoveAll(dir + "/" + quarantineDir)
		if ends[end]++; err != nil {
			t.Errorf("page %d, %s: %s: %v", page+1, how, end, err)
		}
	}
	t.Logf("%d records in %d pages: %v (%s)", len(want), pages, ends, fmt.Sprint(time.Since(start).Round(time.Millisecond)))
}
