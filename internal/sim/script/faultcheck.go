package script

import (
	"encoding/hex"
	"fmt"
	"strings"

	"edged/internal/sim/readersim"
	"edged/internal/yamlfile"
)

// Where a fault can be: a point and the head of a message.
const (
	headForm  = `[0-9a-f]{2} [0-9a-f]{2}( enquiry)?`
	pointForm = `(rx|acked|tx|sent|taken|answered) (answer to )?` + headForm
)

// faults checks that each can happen where it is.
func (k check) faults(path string, all []readersim.Fault) {
	for i, f := range all {
		in := at(path, i)
		k.required(in+".kind", string(f.Kind), yamlfile.Either(f.Kind.Choices()))
		k.match(in+".at", f.At, pointForm, `a point such as "rx 06 22" or "sent 04 0f"`)
		k.match(in+".during", f.During, headForm, "the first two bytes of a command, such as 06 23")
		k.between(in+".skip", int64(f.Skip), 0, 1<<20)
		k.between(in+".times", int64(f.Times), -1, 1<<20)
		k.between(in+".bytes", int64(f.Bytes), 0, 1<<16)
		k.place(in, f)
		k.needs(in, f)
	}
}

// place checks that a fault is at a point where it can happen.
func (k check) place(path string, f readersim.Fault) {
	need := ""
	switch f.Kind {
	case "", readersim.PowerOut, readersim.Unplug, readersim.Silence:
		return
	case readersim.SendNAK, readersim.DropACK, readersim.Deaf, readersim.Refuse, readersim.Fail:
		need = readersim.PointRx
	default:
		need = readersim.PointTx
	}
	if f.At != "" && !strings.HasPrefix(f.At, need) {
		k.Problem(path+".at", "cannot happen there, got %s for %s, want a point of %q", yamlfile.Quote(f.At), f.Kind, strings.TrimSpace(need))
	}
}

// needs checks what a kind cannot do without.
func (k check) needs(path string, f readersim.Fault) {
	because := fmt.Sprintf("kind is %s", f.Kind)
	switch f.Kind {
	case readersim.PowerOut, readersim.Unplug, readersim.Silence:
		k.given(path+".for", f.For > 0, because)
	case readersim.Refuse, readersim.Fail:
		k.given(path+".code", f.Code != 0, because)
	case readersim.Garbage, readersim.Extend, readersim.Replace, readersim.Insert:
		k.given(path+".hex", f.Hex != "", because)
	}
	if _, err := hex.DecodeString(f.Hex); err != nil {
		k.Problem(path+".hex", "not hexadecimal, got %s, want pairs of digits in quotes", yamlfile.Quote(f.Hex))
	}
}
