// Package catalogue owns every text that a customer reads: one file a language, the
// syntax of a text, and what an operator's file may put in its place.
//
// It promises that a language is complete, that no text is wider than the smallest
// display (20 cells, two rows a page), and that an operator's text which Overrides took
// keeps these promises and names every amount that the text it replaces names: whoever
// rewords a screen cannot take the amount off it.
//
// It is pure, and refuses to know when a text is shown and what an amount looks like:
// that is package screen's.
//
// A language is added with a file like fr.go, a line in languages, and a native
// speaker who reads its part of docs/screens.md. Chinese is not here: no character
// display has the glyphs, and the panels that have (Nextion, DGUS) have no driver yet.
package catalogue
