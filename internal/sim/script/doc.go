// Package script owns the files that say what happens to a simulator that stands alone:
// `edged sim saas|terminal|display --script FILE`. docs/simulators.md describes them and
// api/sim-script.schema.json is their JSON Schema, made of the structs here.
//
// It promises that a file is taken as a whole or refused with every mistake in it, each as
// file:line: path: what, got, wanted; and that what it does not say is as without a file.
// It refuses what a simulator would silently take for something else: a fault at a point
// where it cannot happen, an order of a machine that is not there.
package script
