package escpos

import (
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
			if got := ASCII.Width(tt.in); got != len(tt.ascii) {
				t.Errorf("Width: got %d, want %d", got, len(tt.ascii))
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

func TestDecodeCells(t *testing.T) {
	tests := []struct {
		page byte
		in   string
		want string
	}{
		{PageCP858, "2,50 \xd5", "2,50 €"},
		{PageCP437, "Caf\x82", "Café"},
		{PageCP850, "\xd5", "ı"},
		{PageCP860, "\x8e", "Ã"},
		{PageCP863, "\x8e", "À"},
		{PageCP865, "\x9b", "ø"},
		{PageCP852, "\x88", "ł"},
		{PageCP866, "\x80", "А"},
		{PageCP1252, "\x80", "€"},
		{200, "Caf\x82", "Café"},
		{PageCP858, "a\x00\x7fb", "a  b"},
	}
	for _, tt := range tests {
		if got := DecodeCells(tt.page, []byte(tt.in)); got != tt.want {
			t.Errorf("page %d, %q: got %q, want %q", tt.page, tt.in, got, tt.want)
		}
	}
}

// FuzzEncode: no text makes a control byte, and what is shown encodes to itself.
func FuzzEncode(f *testing.F) {
	for _, s := range []string{"Tap card to open", "2,50 €", "Größe", "a\x1b@b", "日本", "e\u0301\u0301", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, c := range []Charset{CP858, ASCII} {
			cells := c.Encode(s)
			for _, b := range cells {
				if !printable(b) || (c == ASCII && b >= utf8.RuneSelf) {
					t.Fatalf("%s of %q holds %02x", c, s, b)
				}
			}
			if again := c.Encode(DecodeCells(PageCP858, cells)); !slices.Equal(again, cells) {
				t.Errorf("%s of %q: % x, then % x", c, s, cells, again)
			}
		}
	})
}
