package clock

import (
	"encoding/json"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const year = 365 * 24 * time.Hour

func noon() time.Time { return time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC) }

func TestM10_PoweredCountsBootTimeWhateverTheWallDoes(t *testing.T) {
	for _, step := range []time.Duration{0, time.Hour, -time.Hour, 20 * year, -20 * year} {
		c := NewStill(noon())
		p := Powered{}.At(c.Read())
		c.Advance(time.Minute)
		c.Step(step)
		p = p.At(c.Read())
		c.Advance(time.Minute)
		if p = p.At(c.Read()); p.On != 2*time.Minute {
			t.Errorf("step %v: On = %v, want 2m", step, p.On)
		}
	}
}

func TestAReadingOlderThanTheLastIsPassedOver(t *testing.T) {
	c := NewStill(noon())
	p := Powered{}.At(c.Read())
	c.Advance(time.Minute)
	older := c.Read()
	c.Advance(time.Minute)
	newer := c.Read()
	c.Advance(time.Minute)
	if p = p.At(newer).At(older).At(c.Read()); p.On != 3*time.Minute {
		t.Errorf("On = %v, want 3m", p.On)
	}
}

func TestPoweredOverAReboot(t *testing.T) {
	tests := []struct {
		name        string
		before      bool          // synced before the cut
		wallAfter   time.Duration // step of the wall at boot
		syncedAfter bool
		want        time.Duration // 10 min before, 1 h off, 2 min after
	}{
		{"synced on both sides counts the time off", true, 0, true, 72 * time.Minute},
		{"unsynced before does not", false, 0, true, 12 * time.Minute},
		{"unsynced after does not", true, 0, false, 12 * time.Minute},
		{"unsynced after and decades ahead does not", true, 20 * year, false, 12 * time.Minute},
		{"unsynced after and in 1970 does not", true, -56 * year, false, 12 * time.Minute},
		{"a wall before the cut never takes time away", true, -20 * year, true, 12 * time.Minute},
		{"a synced wall decades ahead is not believed", true, 20 * year, true, 12 * time.Minute},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := NewStill(noon())
			c.SetSynced(tt.before)
			p := Powered{}.At(c.Read())
			c.Advance(10 * time.Minute)
			p = p.At(c.Read())
			c.Reboot(time.Hour)
			c.Step(tt.wallAfter)
			c.SetSynced(tt.syncedAfter)
			c.Advance(2 * time.Minute)
			if p = p.At(c.Read()); p.On != tt.want {
				t.Errorf("On = %v, want %v", p.On, tt.want)
			}
		})
	}
}

func TestPoweredCountsTimeOffOnceTheClockIsSyncedLater(t *testing.T) {
	c := NewStill(noon())
	p := Powered{}.At(c.Read())
	c.Advance(10 * time.Minute)
	p = p.At(c.Read())

	c.Reboot(time.Hour)
	c.SetWall(time.Unix(0, 0)) // no battery, no network
	c.Advance(time.Minute)
	p = reload(t, p.At(c.Read()))

	c.Reboot(0)
	c.SetWall(noon().Add(10*time.Minute + time.Hour + time.Minute + 2*time.Hour))
	c.Advance(5 * time.Minute)
	if p = p.At(c.Read()); p.On != 16*time.Minute {
		t.Errorf("still unsynced: On = %v, want 16m", p.On)
	}
	c.SetSynced(true)
	if p = p.At(c.Read()); p.On != 3*time.Hour+16*time.Minute {
		t.Errorf("synced: On = %v, want 3h16m", p.On)
	}
	c.SetSynced(false)
	if p = p.At(c.Read()); p.On != 3*time.Hour+16*time.Minute {
		t.Errorf("sync lost again: On = %v, want 3h16m", p.On)
	}
}

func TestPoweredLosesOnlyWhatWasNotSavedBeforeTheCut(t *testing.T) {
	c := NewStill(noon())
	c.SetSynced(false)
	saved := Powered{}.At(c.Read())
	c.Advance(29 * time.Minute) // not saved
	c.Reboot(time.Hour)
	c.Advance(time.Minute)
	if p := saved.At(c.Read()); p.On != time.Minute {
		t.Errorf("On = %v, want 1m", p.On)
	}
}

func TestReachableCountsOnlyWhileToldSo(t *testing.T) {
	c := NewStill(noon())
	p := Powered{}.At(c.Read())
	c.Advance(time.Minute) // not reachable yet
	p = p.SetReachable(c.Read(), true)
	c.Advance(2 * time.Minute)
	p = p.At(c.Read())
	c.Advance(time.Minute)
	p = p.SetReachable(c.Read(), false)
	c.Advance(4 * time.Minute)
	p = p.SetReachable(c.Read(), true)
	if p.Reachable != 3*time.Minute || p.On != 8*time.Minute {
		t.Errorf("Reachable = %v of %v, want 3m of 8m", p.Reachable, p.On)
	}

	c.Reboot(time.Hour)
	c.SetSynced(true)
	c.Advance(time.Minute)
	if p = p.At(c.Read()); p.Reachable != 3*time.Minute || p.Up {
		t.Errorf("after a reboot Reachable = %v, up %t, want 3m, false", p.Reachable, p.Up)
	}
}

func TestM10_PoweredNeverGoesBackAndNeverExceedsTheTruth(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := NewStill(noon())
		p := Powered{}.At(c.Read())
		var powered, truth time.Duration
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			before := p
			d := time.Duration(rapid.Int64Range(0, int64(48*time.Hour)).Draw(t, "duration"))
			switch rapid.IntRange(0, 4).Draw(t, "what") {
			case 0:
				c.Advance(d)
				powered, truth = powered+d, truth+d
			case 1:
				c.Reboot(d)
				truth += d
			case 2:
				c.SetSynced(false)
				c.Step(time.Duration(rapid.Int64Range(int64(-20*year), int64(20*year)).Draw(t, "step")))
			case 3:
				c.SetWall(noon().Add(truth))
				c.SetSynced(true)
			case 4:
				p = p.SetReachable(c.Read(), rapid.Bool().Draw(t, "up"))
			}
			p = p.At(c.Read())
			if p.On < before.On || p.Reachable < before.Reachable {
				t.Fatalf("went back from %v/%v to %v/%v", before.On, before.Reachable, p.On, p.Reachable)
			}
			// Readings are exact here but anchors are kept in milliseconds.
			if p.On < powered || p.On > truth+time.Second || p.Reachable > p.On {
				t.Fatalf("On = %v, Reachable = %v, powered %v of %v", p.On, p.Reachable, powered, truth)
			}
		}
	})
}

func reload(t *testing.T, p Powered) Powered {
	t.Helper()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back Powered
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back != p {
		t.Errorf("read back %+v, want %+v", back, p)
	}
	return back
}
