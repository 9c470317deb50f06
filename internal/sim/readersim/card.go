package readersim

import (
	"cmp"
	"context"
	"time"
)

// Card is a customer's card and how its issuer answers.
type Card struct {
	Name   string `yaml:"name,omitempty" json:"name,omitempty"`     // as in BMP 8B; Visa
	Type   byte   `yaml:"type,omitempty" json:"type,omitempty"`     // BMP 8A; 0A
	Masked string `yaml:"masked,omitempty" json:"masked,omitempty"` // its number as receipts have it; 476173******0010

	// Decline is the issuer's result code (§12); 0 approves.
	Decline byte `yaml:"decline,omitempty" json:"decline,omitempty"`
	// GrantMinor is granted at most, if set.
	GrantMinor int64 `yaml:"grant_minor,omitempty" json:"grant_minor,omitempty"`
	// Host is how long the issuer takes; 0 is the terminal's Timing.Host.
	Host time.Duration `yaml:"host,omitempty" json:"host,omitempty"`
	// ReverseAfterAck takes the hold back after the gateway acknowledged it: the
	// dialogue ends with 06 1E.
	ReverseAfterAck bool `yaml:"reverse_after_ack,omitempty" json:"reverse_after_ack,omitempty"`
	// Faults are armed when the card is taken.
	Faults []Fault `yaml:"faults,omitempty" json:"faults,omitempty"`
	// OnTaken, if set, is called when the terminal has taken the card, before the
	// issuer is asked. It must not block.
	OnTaken func() `yaml:"-" json:"-"`
}

func (c Card) withDefaults() Card {
	c.Name, c.Type = cmp.Or(c.Name, "Visa"), cmp.Or(c.Type, 0x0A)
	c.Masked = cmp.Or(c.Masked, "476173******0010")
	return c
}

// TapResult is what the terminal's own display tells the customer.
type TapResult struct {
	Approved    bool
	Code        byte  // why not; 6C: aborted
	AmountMinor int64 // held
	Tx          int64 // number in the ledger, if the issuer agreed
	Receipt     int
	Trace       int
}

// presentation is a card held to the reader.
type presentation struct {
	card   Card
	result chan TapResult // one, always
}

// Tap holds a card to the terminal. It blocks until the terminal wants a card,
// takes it and has decided; the hold may still be reversed later. Errors: ctx's.
func (t *Terminal) Tap(ctx context.Context, c Card) (TapResult, error) {
	p := &presentation{card: c.withDefaults(), result: make(chan TapResult, 1)}
	select {
	case t.taps <- p:
	case <-ctx.Done():
		return TapResult{}, ctx.Err()
	}
	select {
	case r := <-p.result:
		return r, nil
	case <-ctx.Done():
		return TapResult{}, ctx.Err()
	}
}

// awaitCard waits for a card, for an abort, or CardWait. Without a card it
// returns the result code to fail with.
func (l *life) awaitCard(ctx context.Context, wait time.Duration) (*presentation, byte, error) {
	l.abortable = true
	defer func() { l.abortable = false }()
	if err := l.show(ctx, showInsert); err != nil {
		return nil, 0, err
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	for !l.aborted {
		cmd, p, err := l.await(ctx, timer.C, l.t.taps)
		switch {
		case err != nil:
			return nil, 0, err
		case p != nil:
			l.t.AddFault(p.card.Faults...)
			if p.card.OnTaken != nil {
				p.card.OnTaken()
			}
			return p, 0, nil
		case cmd == nil:
			return nil, codeAborted, nil
		case !cmd.isAnswer():
			if err := l.interject(ctx, *cmd); err != nil && !soft(err) {
				return nil, 0, err
			}
		}
	}
	return nil, codeAborted, nil
}

func seconds(n byte) time.Duration { return time.Duration(n) * time.Second }
