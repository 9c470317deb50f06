package clock

import (
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestSystemReadsThisMachine(t *testing.T) {
	s, err := NewSystem()
	if err != nil {
		t.Fatal(err)
	}
	a, b := s.Read(), s.Read()
	if len(a.Boot) != 36 || a.Boot != b.Boot {
		t.Errorf("boot ids %q and %q, want the same UUID", a.Boot, b.Boot)
	}
	if a.SinceBoot <= 0 || b.SinceBoot < a.SinceBoot {
		t.Errorf("time since boot went from %v to %v", a.SinceBoot, b.SinceBoot)
	}
	if d := time.Since(a.Wall); d < -time.Minute || d > time.Minute || a.Wall.Location() != time.UTC {
		t.Errorf("wall %v is %v from now", a.Wall, d)
	}
}

func TestTimesyncdFileIsASecondSign(t *testing.T) {
	file := filepath.Join(t.TempDir(), "synchronized")
	s := &System{boot: "b", timesyncdFile: file}
	if got := s.Read().Synced; got != kernelSynced() {
		t.Errorf("without the file Synced = %t, want what the kernel says", got)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if !s.Read().Synced {
		t.Error("with the file Synced = false, want true")
	}
}

func TestM10_VerifyTimeIsTheLatest(t *testing.T) {
	build, good := noon(), noon().Add(time.Hour)
	tests := []struct {
		name       string
		wall       time.Time
		good, want time.Time
	}{
		{"a clock in 1970 gives way to the last good time", time.Unix(0, 0), good, good},
		{"without a last good time the build date counts", time.Unix(0, 0), time.Time{}, build},
		{"a good clock counts itself", good.Add(time.Hour), good, good.Add(time.Hour)},
	}
	for _, tt := range tests {
		if got := VerifyTime(Reading{Wall: tt.wall}, build, tt.good); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestFakeFollowsTheBubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := NewFake(noon())
		time.Sleep(time.Hour)
		c.Step(-20 * year)
		if r := c.Read(); r.SinceBoot != time.Hour || !r.Wall.Equal(noon().Add(time.Hour-20*year)) {
			t.Errorf("after an hour: %+v", r)
		}
		c.SetWall(noon())
		c.Advance(time.Minute)
		if r := c.Read(); r.SinceBoot != time.Hour+time.Minute || !r.Wall.Equal(noon().Add(time.Minute)) {
			t.Errorf("after a suspend: %+v", r)
		}
		c.Reboot(time.Hour)
		time.Sleep(time.Second)
		r := c.Read()
		if r.Boot != "boot-2" || r.SinceBoot != time.Second || r.Synced || !r.Wall.Equal(noon().Add(time.Hour+time.Minute+time.Second)) {
			t.Errorf("after a reboot: %+v", r)
		}
	})
}
