// Package screen is what a customer sees: it turns the facts of a lane and of its
// last customer's order into the rows of a display, in the customer's language.
//
// It owns what is shown when (the texts are package catalogue's), the split of a sentence
// over a small display, the time each page stays, and the short codes shown when a
// lane is out of service.
//
// It promises:
//   - rows have exactly the width that was asked for, one rune a cell as the display shows
//     it (Face.Shown), and no
//     control character, whatever a product is called;
//   - an amount is never cut: it loses its currency to the row above, then it gets a
//     row of its own;
//   - "armed" names the exact amount that will be held on every page;
//   - a money screen (total, declined, nothing charged) stays its time, whatever
//     happens to the lane meanwhile; only the next card cuts it short;
//   - every screen that must not last for ever says when to render again.
//
// It is pure: no clock, no I/O. It refuses to know a wire protocol: drivers encode, and
// say how a text will look.
package screen
