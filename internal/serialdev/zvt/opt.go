package zvt

// Opt is a field that may be absent on the wire. The zero value is absent, so that
// a forgotten amount or result never reads as 0.
type Opt[T comparable] struct {
	Value T
	Set   bool
}

// Some returns a present field.
func Some[T comparable](v T) Opt[T] { return Opt[T]{Value: v, Set: true} }

// Minor returns a present amount in minor units.
func Minor(v int64) Opt[int64] { return Some(v) }

// Is reports whether the field is present and equals v.
func (o Opt[T]) Is(v T) bool { return o.Set && o.Value == v }
