package config

import (
	"fmt"
	"reflect"

	"github.com/goccy/go-yaml/ast"

	"edged/internal/errcode"
	"edged/internal/screen/catalogue"
	"edged/internal/serialdev/cells"
	"edged/internal/yamlfile"
)

// Texts are the operators' own texts by the display.texts_file that holds them.
type Texts map[string]*catalogue.Overrides

// LoadTexts reads the files of texts that a configuration names. The displays of a file
// with problems show the built-in texts: a slip in a text must not close a lane, so Load
// does not look at these files, and Check does.
func LoadTexts(c *Config) (Texts, []Problem) {
	d := yamlfile.NewDecoder(c.source)
	d.ForgetLines() // none is known any more
	k := newChecker(d, c)
	texts, problems := k.texts()
	return texts, append(d.Problems(), problems...)
}

// texts reads each file once. Problems in a file are its own; that it cannot be read is
// one of the configuration.
func (k *checker) texts() (Texts, []Problem) {
	texts := Texts{}
	var problems []Problem
	for i, lane := range k.c.Lanes {
		if lane.Display == nil || lane.Display.TextsFile == "" {
			continue
		}
		file := lane.Display.TextsFile
		if _, done := texts[file]; done {
			continue
		}
		texts[file] = nil
		data, ok := k.read(at("lanes", i)+".display.texts_file", file, false)
		if !ok {
			continue
		}
		own, found := parseTexts(k.c.Resolve(file), data)
		problems = append(problems, found...)
		if len(found) == 0 {
			texts[file] = own
		}
	}
	return texts, problems
}

// parseTexts reads language → message → rows. Widths are those on the poorest display,
// so that a file serves every lane.
func parseTexts(file string, data []byte) (*catalogue.Overrides, []Problem) {
	d := yamlfile.NewDecoder(file)
	own := catalogue.NewOverrides(func(s string) int { return len(cells.ASCII.Encode(s)) })
	if node := d.Document(data); node != nil {
		d.Entries("", node, catalogue.Languages(), func(lang, at string, value ast.Node) {
			d.Entries(at, value, catalogue.Keys(), func(key, at string, value ast.Node) { message(d, at, value, own, lang, key) })
		})
	}
	return own, d.Problems()
}

// message reads the rows of one message.
func message(d *yamlfile.Decoder, path string, node ast.Node, own *catalogue.Overrides, lang, key string) {
	before := len(d.Problems())
	var rows []string
	d.List(path, node, reflect.ValueOf(&rows).Elem())
	if len(d.Problems()) > before {
		return
	}
	for _, f := range own.Add(lang, key, rows) {
		at := path
		if f.Row >= 0 {
			at = fmt.Sprintf("%s[%d]", path, f.Row)
		}
		d.Note(errcode.DisplayTexts, at, "%s", f.Text)
	}
}
