//go:build race

package engine

// raceDetector: everything takes ten times as long.
const raceDetector = true
