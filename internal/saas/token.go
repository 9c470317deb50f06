package saas

import (
	"context"
	"sync"
	"time"

	"edged/internal/saas/wire"
)

const (
	// unsaidLifetime is assumed of a token whose ExpiresIn is not said.
	unsaidLifetime = 30 * time.Minute
	// maxLifetime is the longest that is believed; the samples show 2 h and 20 h.
	maxLifetime = 30 * 24 * time.Hour
	// refreshRetry is the wait after a refresh that failed.
	refreshRetry = 10 * time.Second
)

// tokens is the token cache. One login runs at a time, in a goroutine of its own,
// so that a caller who gives up does not take it from the others; close waits for
// it. Times are local and monotonic.
type tokens struct {
	fetch func(context.Context) (wire.LoginAnswer, error)
	rand  func() float64
	ctx   context.Context
	stop  context.CancelFunc
	wg    sync.WaitGroup

	mu        sync.Mutex
	closed    bool
	token     wire.Secret
	expiresAt time.Time
	refreshAt time.Time
	flight    *flight // the login under way, nil if none
}

// flight is one login; token and err are written before done is closed.
type flight struct {
	done  chan struct{}
	token wire.Secret
	err   error
}

func newTokens(fetch func(context.Context) (wire.LoginAnswer, error), rand func() float64) *tokens {
	t := &tokens{fetch: fetch, rand: rand}
	t.ctx, t.stop = context.WithCancel(context.Background())
	return t
}

func (t *tokens) close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	t.stop()
	t.wg.Wait()
}

// get gives a token that has not expired. It blocks only while there is none; one
// that should be refreshed is given at once, with the login running beside it. A
// login that was waited for is used however short its token lives: asking again at
// once would be a loop.
func (t *tokens) get(ctx context.Context) (wire.Secret, error) {
	token, f, err := t.take()
	if err != nil || f == nil {
		return token, err
	}
	select {
	case <-f.done:
		return f.token, f.err
	case <-ctx.Done():
		return wire.Secret{}, context.Cause(ctx)
	}
}

// take gives the token, or the login to wait for.
func (t *tokens) take() (wire.Secret, *flight, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return wire.Secret{}, nil, ErrClosed
	}
	now := time.Now()
	valid := !t.token.IsZero() && now.Before(t.expiresAt)
	if t.flight == nil && (!valid || !now.Before(t.refreshAt)) {
		t.start()
	}
	if valid {
		return t.token, nil, nil
	}
	return wire.Secret{}, t.flight, nil
}

// start begins a login; mu is held.
func (t *tokens) start() {
	f := &flight{done: make(chan struct{})}
	t.flight = f
	t.wg.Go(func() {
		answer, err := t.fetch(t.ctx)
		t.mu.Lock()
		defer t.mu.Unlock()
		t.flight = nil
		if err == nil {
			t.store(answer)
		} else {
			t.refreshAt = time.Now().Add(refreshRetry)
		}
		f.token, f.err = answer.Token, err
		close(f.done)
	})
}

// store keeps a token; mu is held. It is refreshed after 80 to 90 % of its life,
// at a point of chance, so that a fleet started together does not log in together,
// and not used in its last 2 %.
func (t *tokens) store(a wire.LoginAnswer) {
	life := a.ExpiresIn
	if life <= 0 {
		life = unsaidLifetime
	}
	life = min(life, maxLifetime)
	now := time.Now()
	t.token = a.Token
	t.expiresAt = now.Add(life * 98 / 100)
	t.refreshAt = now.Add(life*80/100 + time.Duration(t.rand()*float64(life)/10))
}

// drop forgets a token that the SaaS refused, unless it was replaced meanwhile.
func (t *tokens) drop(token wire.Secret) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.Reveal() == token.Reveal() {
		t.token = wire.Secret{}
	}
}

// remaining is how long the token may be used, 0 if there is none.
func (t *tokens) remaining() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.token.IsZero() {
		return 0
	}
	return max(0, time.Until(t.expiresAt))
}
