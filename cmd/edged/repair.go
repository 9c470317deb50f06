package main

import (
	"context"
	"errors"
	"os"
	"strings"
	"syscall"

	"edged/internal/config"
	"edged/internal/errcode"
	"edged/internal/queue"
)

// repair puts the store of a stopped daemon in order, as the daemon's next start would,
// and says what was done. Nothing is thrown away: what is damaged is kept beside it.
func (r *checkReport) repair(ctx context.Context, conf *config.Config) {
	dir := conf.StateDir
	info, err := os.Stat(dir)
	if err != nil {
		r.problem(errcode.StoreIO, "store in %s: %v", dir, err)
		return
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok && int(st.Uid) != os.Geteuid() {
		r.problem(errcode.StoreReadOnly, "store in %s: got user %d, want its owner, user %d: what is written has to stay the daemon's (sudo -u edged …)", dir, os.Geteuid(), st.Uid)
		return
	}
	s, err := queue.Open(ctx, queue.Options{Dir: dir})
	if err != nil {
		r.problem(storeCode(err), "store in %s: not repaired: %v", dir, err)
		return
	}
	done := s.Report()
	if err := s.Close(); err != nil {
		r.problem(storeCode(err), "store in %s: %v", dir, err)
	}
	if done.Damage != "" {
		r.note("store: repaired: %s", strings.ReplaceAll(done.Damage, "\n", "; "))
	}
	for _, path := range done.KeptAside {
		r.note("store: %s is kept until you remove it", path)
	}
	for _, q := range done.Quarantined {
		r.note("store: record %s of %s was set aside: %s", q.Key, q.Table, q.File)
	}
}

// thereIsAStore tells whether there is anything to repair.
func thereIsAStore(ctx context.Context, dir string) bool {
	_, err := queue.Verify(ctx, dir)
	return !errors.Is(err, os.ErrNotExist)
}
