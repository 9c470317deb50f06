package sender

import (
	"testing"
	"time"
)

func TestLimitsThatCannotBeUsedAreRefused(t *testing.T) {
	s := &Sender{wake: make(chan struct{}, 1)}
	for name, l := range map[string]Limits{
		"no pace":              {PerSecond: 0, RetryBase: time.Second, RetryCap: time.Minute},
		"no back-off":          {PerSecond: 1, RetryCap: time.Minute},
		"a cap below the base": {PerSecond: 1, RetryBase: time.Minute, RetryCap: time.Second},
	} {
		if err := s.SetLimits(l); err == nil || s.limits.Load() != nil {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestLimitsAreTakenOnceByTheLoop(t *testing.T) {
	s := &Sender{wake: make(chan struct{}, 1)}
	want := Limits{PerSecond: 0.5, RetryBase: 2 * time.Second, RetryCap: time.Minute}
	if err := s.SetLimits(want); err != nil {
		t.Fatal(err)
	}
	s.takeLimits()
	if got := (Limits{s.o.PerSecond, s.o.RetryBase, s.o.RetryCap}); got != want || s.pace.top != want.PerSecond {
		t.Errorf("got %+v and a pace of %v, want %+v", got, s.pace.top, want)
	}
	s.o.RetryBase = 3 * time.Second
	s.takeLimits()
	if s.o.RetryBase != 3*time.Second {
		t.Error("they are taken again")
	}
}
