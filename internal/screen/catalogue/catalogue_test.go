package catalogue

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
)

func TestEveryLanguageIsComplete(t *testing.T) {
	for _, lang := range Languages() {
		x := language(lang)
		if x == nil {
			t.Fatalf("no texts for %s", lang)
		}
		if x.Decimal != "." && x.Decimal != "," {
			t.Errorf("%s: decimal sign %q", lang, x.Decimal)
		}
		for _, key := range Keys() {
			texts := x.message(key)
			if len(texts) == 0 || slices.Contains(texts, "") {
				t.Errorf("%s %s is empty", lang, key)
			}
		}
	}
}

// written is a message as an operator would write it.
func written(texts []Text) []string {
	all := strings.Join(asStrings(texts), "\f")
	all = strings.NewReplacer("\t", " ", "\f", "\n").Replace(all)
	rows := strings.Split(all, "\n")
	for i := range rows {
		rows[i] = strings.TrimLeft(rows[i], " ")
	}
	return rows
}

// What holds an operator's texts to their form holds ours: every message of every
// language could stand in an operator's file, and comes out as it is.
func TestOurOwnTextsKeepTheRulesForAnOperators(t *testing.T) {
	for _, lang := range Languages() {
		o := NewOverrides(nil)
		for _, key := range Keys() {
			for _, f := range o.Add(lang, key, written(language(lang).message(key))) {
				t.Errorf("%s %s row %d: %s", lang, key, f.Row, f.Text)
			}
		}
		if got := For(lang, o); !reflect.DeepEqual(got, language(lang)) {
			t.Errorf("%s comes out as\n%+v\nwant\n%+v", lang, got, language(lang))
		}
	}
}

func TestALocaleFallsBackAlongItsChain(t *testing.T) {
	for lang, want := range map[string]string{
		"": "Starting", "en": "Starting", "EN-gb": "Starting", "zz-ZZ": "Starting", "-": "Starting", "-fr": "Starting",
		"fr": "Démarrage", "fr-CH": "Démarrage", "de_AT": "Startet", "es-419": "Iniciando",
	} {
		if got, _, _ := strings.Cut(string(For(lang, nil).Starting), "\n"); got != want {
			t.Errorf("language %q starts with %q, want %q", lang, got, want)
		}
	}
}

func TestAnOperatorsTextsGoBeforeOurs(t *testing.T) {
	o := NewOverrides(nil)
	for key, rows := range map[string][]string{
		"paid":        {"Danke, bis bald"},
		"idle":        {"Karte bitte", "Pfand|Max. {limit}", "Kaffee & mehr", "Max. {limit}"},
		"detecting":   {"Moment", "bitte", "Wir zählen", "nach"},
		"total_row":   {"ENDE {total}"},
		"idle_door":   {"Tür {door}", "Max. {limit}"},
		"restock":     {"Füllen"},
		"short_grant": {"Abgelehnt", "Die Karte hat", "nur {held}"},
	} {
		if faults := o.Add("de", key, rows); len(faults) > 0 {
			t.Fatalf("%s: %v", key, faults)
		}
	}
	got := For("de-DE", o)
	want := german()
	want.Paid, want.TotalRow, want.Restock = "Danke, bis bald", "ENDE\t{total}", "Füllen"
	want.Idle = []Text{"Karte bitte\nPfand|Max.\t{limit}", "Kaffee & mehr\nMax.\t{limit}"}
	want.Detecting, want.IdleDoor = "Moment\nbitte\fWir zählen\nnach", "Tür {door}\nMax.\t{limit}"
	want.ShortGrant = "Abgelehnt\nDie Karte hat\fnur\t{held}"
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v\nwant %+v", got, want)
	}
	if got := For("fr", o); !reflect.DeepEqual(got, french()) {
		t.Error("another language has changed")
	}
}

func TestMistakesOfAnOperatorAreNamed(t *testing.T) {
	for _, c := range []struct {
		name, key string
		rows      []string
		want      string
	}{
		{"no row", "moment", nil, `-1 empty message, got no row, want at least one`},
		{"too many rows", "moment", []string{"a", "b", "c", "d", "e"}, `-1 too many rows, got 5, want at most 4, two a page`},
		{"two rows for a heading", "paid", []string{"a", "b"}, `-1 too many rows, got 2, want 1: a heading over other rows`},
		{"a row too wide", "moment", []string{"ok", "123456789012345678901"}, `1 row too wide, got 21 cells, want at most 20`},
		{"no room for the door", "open_door", []string{"The door is: {door}"}, `0 row too wide, got 13 cells, want at most 12`},
		{"the amount left out of a page", "idle", []string{"Tap", "Max. {limit}", "Welcome"}, `2 page without its value, got none, want {limit} on each page of two rows`},
		{"the amount left out", "short_grant", []string{"Card declined"}, `-1 value missing, got none, want {held} in one of the rows`},
		{"the door left out", "open_door", []string{"Open"}, `-1 value missing, got none, want {door} in one of the rows`},
		{"a long label beside an amount", "review", []string{"You pay at most {held}"}, `0 no room for a long value, got "You pay at most" beside it, want a short form of at most 5 cells behind a |, such as "You pay at most|Max."`},
		{"a form too wide", "review", []string{"You surely pay at most|Max. {held}"}, `0 row too wide, got 22 cells, want at most 20`},
		{"a misspelt value", "review", []string{"Max. {hold}", "Max. {held}"}, `0 unknown value, got {hold}, want {held}`},
		{"a value where none is", "moment", []string{"Max. {held}"}, `0 unknown value, got {held}, want no value in this message`},
		{"two values in a row", "paid_short", []string{"{total} {captured}"}, `0 second value in a row, got "{total} {captured}", want one, at the end`},
		{"text behind an amount", "review", []string{"Max. {held} only"}, `0 text behind a value, got " only", want the value at the end of the row`},
		{"a brace left open", "review", []string{"Max. {held", "Max. {held}"}, `0 brace without its pair, got "Max. {held", want {held}`},
		{"a form without a value", "moment", []string{"Wait|Moment"}, `0 shorter form without a value, got "Wait|Moment", want | only before a value`},
		{"a command in a text", "moment", []string{"a\x1b@b"}, `0 control character in the row, got "a\x1b@b", want letters, digits and signs`},
		{"a line end in a row", "moment", []string{"a\nb"}, `0 control character in the row, got "a\nb", want letters, digits and signs`},
		{"a mark that turns the row around", "moment", []string{"a\u202eb"}, `0 control character in the row, got "a\u202eb", want letters, digits and signs`},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := NewOverrides(nil)
			var got []string
			for _, f := range o.Add("en", c.key, c.rows) {
				got = append(got, fmt.Sprint(f.Row, " ", f.Text))
			}
			if !slices.Contains(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
			if !reflect.DeepEqual(For("en", o), english()) {
				t.Error("the text was taken")
			}
		})
	}
}

func TestAnOperatorsTextIsMeasuredAsThePoorestDisplayShowsIt(t *testing.T) {
	o := NewOverrides(func(s string) int { return len(strings.ReplaceAll(s, "ß", "ss")) })
	if faults := o.Add("de", "moment", []string{"12345678901234567 ßß"}); len(faults) != 1 {
		t.Errorf("faults: %v, want one", faults)
	}
}

func TestAProblemRepeatsOnlySoMuchOfAText(t *testing.T) {
	faults := NewOverrides(nil).Add("en", "moment", []string{strings.Repeat("é", 500) + "|"})
	for _, f := range faults {
		if len(f.Text) > 2*maxQuoted+100 {
			t.Errorf("a problem of %d bytes: %s", len(f.Text), f.Text)
		}
	}
	if len(faults) == 0 {
		t.Error("no fault")
	}
}

func TestRowsAreThoseOfEveryMessage(t *testing.T) {
	rows := english().Rows()
	for _, want := range []string{"Starting", "Card hold|Hold\t{limit}", "you pay nothing", "A customer is here"} {
		if !slices.Contains(rows, want) {
			t.Errorf("%q is not among the rows", want)
		}
	}
}

// FuzzAdd: whatever an operator writes, what is taken names the amounts that the text
// it replaces names, and no page is wider or longer than a display.
func FuzzAdd(f *testing.F) {
	for _, lang := range Languages() {
		for _, key := range Keys() {
			f.Add(key, strings.Join(written(language(lang).message(key)), "\n"))
		}
	}
	f.Add("review", "Max. {held}|{total}{\n}|\x1b")
	f.Fuzz(func(t *testing.T, key, message string) {
		if !slices.Contains(Keys(), key) {
			return
		}
		o := NewOverrides(nil)
		if len(o.Add("en", key, strings.Split(message, "\n"))) > 0 {
			return
		}
		x := For("en", o)
		all := strings.Join(asStrings(x.message(key)), "\f")
		for _, v := range formOf(key, english().message(key)).values {
			if !strings.Contains(all, v) {
				t.Errorf("%s %q lacks %s", key, message, v)
			}
		}
		for page := range strings.SplitSeq(all, "\f") {
			rows := strings.Split(page, "\n")
			if len(rows) > pageRows {
				t.Errorf("%s: a page of %d rows", key, len(rows))
			}
			for _, row := range rows {
				left, _, _ := strings.Cut(strings.Replace(row, door, "", 1), "\t")
				for form := range strings.SplitSeq(left, "|") {
					if n := len([]rune(form)); n > cols {
						t.Errorf("%s: %q takes %d cells", key, form, n)
					}
				}
			}
		}
	})
}
