package screen

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"edged/internal/screen/catalogue"
	"edged/internal/serialdev/cells"
)

// face is a display of two rows of twenty cells.
func face(lang string, c cells.Charset) Face {
	return Face{Texts: catalogue.For(lang, nil), Shown: c.Shown}
}

const screensIntro = `# What the customer sees

Every state of a lane in every language, as a display of two rows of twenty cells shows it (CP858). The time is since the state began;
nothing but time passes, and a page that comes again is not drawn again; what ends with the lane waiting for a card ends where "armed" begins. Drawn from the code: ` + "`go test ./internal/screen -update`" + ` writes this
page, and the test fails while it differs. Texts are in ` + "`internal/screen/catalogue`" + `, one file a language; an operator's own are in a file
(` + "`display.texts_file`" + `, [configure.md](configure.md)).

`

// TestEveryStateInEveryLanguage writes docs/screens.md: the page that a native speaker
// reads before a text is changed.
func TestEveryStateInEveryLanguage(t *testing.T) {
	var page strings.Builder
	page.WriteString(screensIntro)
	for _, c := range cases() {
		fmt.Fprintf(&page, "## %s\n\n```\n%s```\n\n", c.name, sideBySide(c.s))
	}
	page.WriteString(poorerDisplays())
	golden(t, filepath.Join("..", "..", "docs", "screens.md"), page.String())
}

// sideBySide draws the films of all languages beside each other.
func sideBySide(s Situation) string {
	langs := catalogue.Languages()
	pages := map[time.Duration]map[string][]string{}
	for _, lang := range langs {
		shots := film(s, face(lang, cells.CP858))
		for i, sh := range shots {
			if i > 0 && sh.page.Kind == KindIdle && shots[0].page.Kind != KindIdle {
				break // back to the state "armed"
			}
			if pages[sh.at] == nil {
				pages[sh.at] = map[string][]string{}
			}
			pages[sh.at][lang] = draw(sh.page)
		}
	}
	var out strings.Builder
	line := func(first string, column func(lang string) string) {
		row := fmt.Sprintf("%6s", first)
		for _, lang := range langs {
			row += fmt.Sprintf("  %-22s", column(lang))
		}
		out.WriteString(strings.TrimRight(row, " ") + "\n")
	}
	line("", func(lang string) string { return lang })
	for _, at := range slices.Sorted(maps.Keys(pages)) {
		for i := range 4 {
			first := ""
			if i == 1 {
				first = at.String()
			}
			line(first, func(lang string) string {
				if box := pages[at][lang]; box != nil {
					return box[i]
				}
				return ""
			})
		}
	}
	return out.String()
}

// poorerDisplays is the table of what each charset shows for the letters of the texts.
func poorerDisplays() string {
	var out strings.Builder
	out.WriteString("## Letters on poorer displays\n\nWhat a display with another `charset` shows for the letters of these texts that are not ASCII.\n\n| letter |")
	for _, c := range cells.Charsets() {
		fmt.Fprintf(&out, " %s |", c)
	}
	out.WriteString("\n|---|" + strings.Repeat("---|", len(cells.Charsets())) + "\n")
	for _, r := range letters() {
		fmt.Fprintf(&out, "| %c |", r)
		for _, c := range cells.Charsets() {
			fmt.Fprintf(&out, " %s |", c.Shown(string(r)))
		}
		out.WriteString("\n")
	}
	return out.String()
}

// letters are the runes of all texts beyond ASCII.
func letters() []rune {
	set := map[rune]bool{}
	for _, lang := range catalogue.Languages() {
		for _, row := range catalogue.For(lang, nil).Rows() {
			for _, r := range row {
				if r > 0x7E {
					set[r] = true
				}
			}
		}
	}
	return slices.Sorted(maps.Keys(set))
}
