// Package yamlfile reads a YAML file that a person wrote into structs and says
// everything that is wrong with it, each as file:line: path.to.key: what, got, wanted.
//
// It promises that one mistake does not hide another, that a file of any content neither
// takes long nor ends the program, and that a problem is one line. It refuses unknown and
// doubled keys, anchors, tags, several documents, and unquoted text that YAML would read
// as a number. It knows no key itself: those are the tags of the structs, and what a
// value may be is the caller's check (Problem).
package yamlfile
