//go:build !race

package zvtterm

// raceEnabled says that the tests run under the race detector.
const raceEnabled = false
