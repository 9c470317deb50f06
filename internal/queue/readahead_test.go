package queue

import (
	"bytes"
	"errors"
	"io"
	"math/rand/v2"
	"sync/atomic"
	"testing"
)

// countedReader counts reads and fails those that touch a bad range.
type countedReader struct {
	data     []byte
	reads    int
	badFrom  int64
	errBlock error
}

func (c *countedReader) ReadAt(p []byte, off int64) (int, error) {
	c.reads++
	if c.errBlock != nil && off+int64(len(p)) > c.badFrom {
		return 0, c.errBlock
	}
	return bytes.NewReader(c.data).ReadAt(p, off)
}

func TestReadingAheadGivesTheSameBytes(t *testing.T) {
	const pages = 300
	rng := rand.New(rand.NewPCG(1, 1))
	file := &countedReader{data: make([]byte, pages*pageSize)}
	for i := range file.data {
		file.data[i] = byte(rng.Uint32())
	}
	var on atomic.Bool
	r := &readAhead{on: &on, file: file}
	read := func(page int) {
		t.Helper()
		p := make([]byte, pageSize)
		n, err := r.ReadAt(p, int64(page)*pageSize)
		if err != nil && err != io.EOF || !bytes.Equal(p[:n], file.data[page*pageSize:][:n]) || n != pageSize {
			t.Fatalf("page %d: got %d bytes, %v", page, n, err)
		}
	}
	on.Store(true)
	for page := range pages {
		read(page)
	}
	if file.reads > pages/50 {
		t.Errorf("reads in order: got %d for %d pages", file.reads, pages)
	}
	for range 1000 {
		read(rng.IntN(pages))
	}
	on.Store(false)
	file.data[5*pageSize]++
	read(5)
	if n, err := r.ReadAt(make([]byte, pageSize), pages*pageSize); n != 0 || err != io.EOF {
		t.Errorf("behind the end: got %d, %v, want EOF", n, err)
	}
}

func TestABadBlockAheadSpoilsOnlyItself(t *testing.T) {
	errBlock := errors.New("bad block")
	file := &countedReader{data: make([]byte, 100*pageSize), badFrom: 20 * pageSize, errBlock: errBlock}
	var on atomic.Bool
	on.Store(true)
	r := &readAhead{on: &on, file: file}
	for page := range 21 {
		_, err := r.ReadAt(make([]byte, pageSize), int64(page)*pageSize)
		if bad := page == 20; (err != nil) != bad {
			t.Errorf("page %d: got %v, bad %t", page, err, bad)
		}
	}
}
