package app

import (
	"slices"
	"testing"

	"edged/internal/config"
	"edged/internal/serialdev/zvtterm"
)

// TestTheConfigurationKnowsTheDriversProfiles: what `edged check` accepts must be what
// the driver takes, in its names and in what they allow.
func TestTheConfigurationKnowsTheDriversProfiles(t *testing.T) {
	var names []string
	for _, p := range zvtterm.Profiles() {
		names = append(names, p.Name)
		if generic := p.Name == zvtterm.Generic; p.DayTakesHolds == generic {
			t.Errorf("profile %s takes holds at the end of day: %v; the configuration thinks otherwise", p.Name, p.DayTakesHolds)
		}
	}
	if want := config.TerminalProfiles(); !slices.Equal(names, want) {
		t.Errorf("the driver has profiles %q, the configuration %q", names, want)
	}
}
