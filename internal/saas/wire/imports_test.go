package wire

import (
	"go/build"
	"slices"
	"testing"
)

func TestTheRoomImportsNothingThatActs(t *testing.T) {
	pkg, err := build.ImportDir(".", 0)
	if err != nil {
		t.Fatal(err)
	}
	for forbidden, why := range map[string]string{
		"net/http":                "bytes and structs only: the client and the simulator bring their own HTTP",
		"net":                     "as net/http",
		"os":                      "pure: reads no file",
		"sync":                    "pure: has no state to guard",
		"context":                 "pure: nothing here waits",
		"math/rand":               "requests must be the same bytes each time",
		"edged/internal/saas":     "the client stands above its codec",
		"edged/internal/purchase": "the simulator uses this room and must not share the policy it is there to try",
	} {
		if slices.Contains(pkg.Imports, forbidden) {
			t.Errorf("imports %s: %s", forbidden, why)
		}
	}
}
