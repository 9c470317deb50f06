package cells

import (
	"errors"
	"slices"
	"testing"
	"unicode/utf8"
)

func TestEncode(t *testing.T) {
	tests := []struct {
		name, in, cp858, ascii string
	}{
		{"plain text", "Door 1-4", "Door 1-4", "Door 1-4"},
		{"the euro sign", "2,50 €", "2,50 \xd5", "2,50 EUR"},
		{"German letters", "Größe", "Gr\x94\xe1e", "Grosse"},
		{"a letter with its accent apart", "Cafe\u0301", "Caf\x82", "Cafe"},
		{"a letter the page lacks", "Őz, Žluť", "Oz, Zlut", "Oz, Zlut"},
		{"letters without base letter", "Łódź Øre", "L\xa2dz \x9dre", "Lodz Ore"},
		{"ligatures", "Œuvre Æ", "OEuvre \x92", "OEuvre AE"},
		{"quotes and dashes", "„a“ – ’b’…", `"a" - 'b'...`, `"a" - 'b'...`},
		{"a no-break space", "12\u00a0EUR", "12 EUR", "12 EUR"},
		{"a thin space", "1\u2009000", "1 000", "1 000"},
		{"full-width forms", "（５００ｍｌ）：", "(500ml):", "(500ml):"},
		{"units and ligatures in one cell", "1㎏ ﬁne", "1kg fine", "1kg fine"},
		{"currencies keep their meaning", "₹ ₫", "INR VND", "INR VND"},
		{"Spanish marks", "¡Hola! ¿Qué?", "\xadHola! \xa8Qu\x82?", "Hola! Que?"},
		{"what nobody can show", "日本", "??", "??"},
		{"a smiley made of several runes", "☹️", "?", "?"},
		{"multiplication", "2 × 3", "2 \x9e 3", "2 x 3"},
		{"control characters", "a\x1b@b\x1f\x0cc\n\r\x00\x7fd\u0085", "a@bcd", "a@bcd"},
		{"marks of direction and joiners", "a\u200eb\u200dc\u00add", "abcd", "abcd"},
		{"bytes that are no text", "a\xffb", "a?b", "a?b"},
		{"nothing", "", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := string(CP858.Encode(tt.in)); got != tt.cp858 {
				t.Errorf("CP858: got %q, want %q", got, tt.cp858)
			}
			if got := string(ASCII.Encode(tt.in)); got != tt.ascii {
				t.Errorf("ASCII: got %q, want %q", got, tt.ascii)
			}
			if got := ASCII.Shown(tt.in); got != tt.ascii {
				t.Errorf("Shown: got %q, want %q", got, tt.ascii)
			}
		})
	}
}

func TestSpellingsAreASCII(t *testing.T) {
	for r, s := range spellings {
		for _, c := range []byte(s) {
			if c < 0x20 || c > 0x7E {
				t.Errorf("%c is spelt %q", r, s)
			}
		}
	}
}

// FuzzEncode: no text makes a control byte, and what is shown encodes to itself.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"Tap card to open", "2,50 €", "Größe", "a\x1b@b", "日本", "e\u0301\u0301", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range Charsets() {
			cells := c.Encode(s)
			for _, b := range cells {
				if !Printable(b) || (c == ASCII && b >= utf8.RuneSelf) {
					t.Fatalf("%s of %q holds %02x", c, s, b)
				}
			}
			if again := c.Encode(c.Decode(cells)); !slices.Equal(again, cells) {
				t.Errorf("%s of %q: % x, then % x", c, s, cells, again)
			}
		}
	})
}

func TestShownTakesOneCellARune(t *testing.T) {
	for _, c := range Charsets() {
		for _, s := range []string{"Bœuf séché™", "Weißbier 0,5 l", "Crème brûlée", "½ Hähnchen", "日本 …"} {
			shown := c.Shown(s)
			if got := c.Encode(shown); len(got) != utf8.RuneCountInString(shown) || c.Decode(got) != shown {
				t.Errorf("%s: %q is shown as %q, which takes %d cells", c, s, shown, len(got))
			}
		}
	}
}

func TestARowIsPaddedAndCut(t *testing.T) {
	for in, want := range map[string]string{"": "     ", "ab": "ab   ", "abcde": "abcde", "abcdef": "abcde", "€": "EUR  "} {
		if got := string(ASCII.AppendRow(nil, in, 5)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestTheEuroSignIsWhereThePagesHaveIt(t *testing.T) {
	for c, want := range map[Charset]string{CP858: "\xd5", CP1252: "\x80", CP850: "EUR", CP437: "EUR", ASCII: "EUR"} {
		if got := string(c.Encode("€")); got != want {
			t.Errorf("%s: got %q, want %q", c, got, want)
		}
	}
}

func TestDecodeShowsABlankForWhatIsNotShown(t *testing.T) {
	for c, want := range map[Charset]string{CP858: "a  é", ASCII: "a   "} {
		if got := c.Decode([]byte("a\x00\x7f\x82")); got != want {
			t.Errorf("%s: got %q, want %q", c, got, want)
		}
	}
}

func TestASetupIsFilled(t *testing.T) {
	got, err := Setup{}.Filled()
	if want := (Setup{Charset: CP858, Brightness: 4}); err != nil || got != want {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	for _, s := range []Setup{{Charset: "klingon"}, {Brightness: 5}} {
		if _, err := s.Filled(); !errors.Is(err, ErrSetup) {
			t.Errorf("%+v: got %v, want ErrSetup", s, err)
		}
	}
}
