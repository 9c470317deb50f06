// Package errcode is the catalogue of everything that can be wrong at a site, under
// codes that a person can look up: EDG-ZVT-014.
//
// It owns the codes and, for each, what a person needs: the cause, what the customer
// sees, what the technician does. It is data; which error has which code is said by
// the room that knows the error.
//
// It promises that a code never changes its meaning, is never given to anything else
// and never goes away: manuals, tickets and foreign programs name codes. What a
// display shows when a lane is out of service (E11) finds the same entry.
//
// It refuses to decide anything: no behaviour depends on a code.
package errcode
