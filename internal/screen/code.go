package screen

import (
	"slices"
	"strings"

	"edged/internal/lane"
)

// codes are what an operator looks up; they are printed in manuals and never
// change their meaning. The numbers below 10 are reasons outside the lane.
func codes() map[lane.Reason]string {
	return map[lane.Reason]string{
		lane.SaaSUnreachable: "E01",
		lane.MachineLocked:   "E02",
		lane.DiskReserve:     "E03",
		lane.StoreBroken:     "E04",
		lane.NoConfig:        "E05",
		lane.LimitUnknown:    "E06",
		lane.Operator:        "E07",
		lane.Starting:        "E08",
		lane.TerminalDown:    "E11",
		lane.TerminalWork:    "E12",
		lane.NoRoom:          "E13",
		lane.DoorOpen:        "E14",
		lane.Restocking:      "E15",
		lane.UnknownHolds:    "E16",
		lane.Draining:        "E17",
	}
}

// Code is the short code of a reason against selling; "E99" for one that has none.
func Code(r lane.Reason) string {
	if c, ok := codes()[r]; ok {
		return c
	}
	return "E99"
}

// codeList joins the codes that fit into width, the lasting reasons first.
func codeList(reasons []lane.Reason, width int) string {
	sorted := slices.Clone(reasons)
	slices.SortFunc(sorted, func(a, b lane.Reason) int {
		if lasting(a) != lasting(b) {
			if lasting(a) {
				return -1
			}
			return 1
		}
		return strings.Compare(Code(a), Code(b))
	})
	out := ""
	for _, r := range sorted {
		next := strings.TrimSpace(out + " " + Code(r))
		if len(next) > width {
			break
		}
		out = next
	}
	return out
}
