package config

import (
	"slices"
	"testing"
)

func TestDiffNamesTheKeysThatDiffer(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Config)
		want   []string
	}{
		{"nothing", func(*Config) {}, nil},
		{"a plain key", func(c *Config) { c.Site = "hall" }, []string{"site"}},
		{"nested ones, in the order of the file", func(c *Config) {
			c.Log.Level, c.SaaS.BaseURL = "debug", "https://other.example.com"
		}, []string{"saas.base_url", "log.level"}},
		{"one of a lane", func(c *Config) { c.Lanes[0].Display.Language = "de" }, []string{"lanes[0].display.language"}},
		{"a display that was there", func(c *Config) { c.Lanes[0].Display = nil }, []string{"lanes[0].display"}},
		{"a door's label", func(c *Config) { c.Lanes[0].Doors[0].Label = "Snacks" }, []string{"lanes[0].doors[0].label"}},
		{"another lane", func(c *Config) { c.Lanes = append(c.Lanes, Lane{Name: "side"}) }, []string{"lanes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var two [2]*Config
			for i := range two {
				two[i] = Defaults()
				two[i].Lanes = []Lane{{Name: "front", Doors: []Door{{MachineID: "1", Door: 1}}, Display: &Display{Language: "en"}}}
			}
			c.change(two[1])
			if got := Diff(two[0], two[1]); !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
