package spool

import (
	"slices"
	"time"
)

// Limit bounds a spool.
type Limit struct {
	Entries int64
	Bytes   int64         // of bodies, in memory and on flash
	Memory  int64         // of bodies that are in memory only
	Age     time.Duration // by wall clocks that were synced; 0: none
}

// amount is how much is there, or may be.
type amount struct{ entries, bytes int64 }

func (a amount) exceeds(b amount) bool { return a.entries > b.entries || a.bytes > b.bytes }

func (a amount) nineTenths() amount { return amount{a.entries / 10 * 9, a.bytes / 10 * 9} }

// thin chooses what goes of list, by index, so that its total comes down to nine
// tenths of the limit when it is above it. The lowest class gives way first. Within a
// class every second entry goes, and again, so that what is left still spans the whole
// time; its first and its last always stay.
func thin(list []entry, total, limit amount) map[int]bool {
	gone := map[int]bool{}
	if !total.exceeds(limit) {
		return gone
	}
	goal := limit.nineTenths()
	byClass := map[Class][]int{}
	for i, e := range list {
		byClass[e.class] = append(byClass[e.class], i)
	}
	var classes []Class
	for c := range byClass {
		classes = append(classes, c)
	}
	slices.Sort(classes)
	for _, c := range classes {
		for left := byClass[c]; len(left) > 2 && total.exceeds(goal); {
			left = halve(left, func(i int) bool {
				if !total.exceeds(goal) {
					return false
				}
				total.entries--
				total.bytes -= list[i].size
				gone[i] = true
				return true
			})
		}
	}
	return gone
}

// halve offers every second one between the first and the last to drop and returns the
// others.
func halve(list []int, drop func(int) bool) []int {
	var left []int
	for k, i := range list {
		if k > 0 && k < len(list)-1 && k%2 == 1 && drop(i) {
			continue
		}
		left = append(left, i)
	}
	return left
}

// aged chooses what is older than age, by clocks that were right.
func aged(list []entry, now time.Time, age time.Duration) map[int]bool {
	gone := map[int]bool{}
	for i, e := range list {
		if e.synced && now.Sub(e.wall) > age {
			gone[i] = true
		}
	}
	return gone
}
