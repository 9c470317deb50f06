package screen

import (
	"slices"
	"time"
)

// scene is what is shown during a stretch of a stage: pages one after the other.
type scene struct {
	kind  Kind
	pages []leaf
	loop  bool          // from the first page again; else the last page stays
	from  time.Duration // of the stage, when the first page is shown
	till  time.Duration // of the stage, when something else is to be shown; 0: never by itself
}

// leaf is one page.
type leaf struct {
	rows []string
	stay time.Duration
}

// at picks the page for a moment of the stage, and says when to look again.
func (sc scene) at(elapsed time.Duration) ([]string, time.Duration) {
	rows, left := sc.page(elapsed - sc.from)
	if sc.till == 0 {
		return rows, left
	}
	if end := sc.till - elapsed; left == 0 || end < left {
		left = end
	}
	return rows, max(left, time.Millisecond)
}

// page finds the page at t and how long it stays; 0: for ever.
func (sc scene) page(t time.Duration) ([]string, time.Duration) {
	if len(sc.pages) == 1 {
		return sc.pages[0].rows, 0
	}
	if sc.loop {
		t %= sc.length()
	}
	for _, p := range sc.pages {
		if t < p.stay {
			return p.rows, p.stay - t
		}
		t -= p.stay
	}
	return sc.pages[len(sc.pages)-1].rows, 0
}

func (sc scene) length() (d time.Duration) {
	for _, p := range sc.pages {
		d += p.stay
	}
	return d
}

// paged splits rows over pages of a display.
func paged(rows []string, size Size, stay time.Duration) (out []leaf) {
	for chunk := range slices.Chunk(rows, size.Rows) {
		out = append(out, leaf{chunk, stay})
	}
	return out
}

// merged puts pages together on a display that has the rows for it; a row that
// repeats the last one of the page before is left out.
func merged(pages []leaf, size Size) (out []leaf) {
	for _, p := range pages {
		if len(out) == 0 {
			out = append(out, p)
			continue
		}
		last := &out[len(out)-1]
		rows := p.rows
		if rows[0] == last.rows[len(last.rows)-1] {
			rows = rows[1:]
		}
		if len(last.rows)+len(rows) > size.Rows {
			out = append(out, p)
			continue
		}
		last.rows = append(slices.Clone(last.rows), rows...)
		last.stay += p.stay
	}
	return out
}
