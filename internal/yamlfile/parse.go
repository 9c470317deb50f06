package yamlfile

import (
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"edged/internal/errcode"
)

const (
	// MaxFile bounds a file, in bytes; the largest sensible one has some KiB.
	MaxFile = 64 << 10
	// maxDepth bounds the nesting within one line; the keys need four levels.
	maxDepth = 20
)

// Document parses a file; nil: nothing in it can be read.
func (d *Decoder) Document(data []byte) ast.Node {
	if len(data) > MaxFile {
		d.add(errcode.ConfigSyntax, 1, "", "file too large, got %d bytes, want at most %d", len(data), MaxFile)
		return nil
	}
	tree, err := parse(data)
	if err != nil {
		line, text := syntaxError(err)
		d.add(errcode.ConfigSyntax, line, "", "not YAML here or just below, got: %s, want keys indented with spaces as in the example", text)
		return nil
	}
	docs := bodies(tree)
	if len(docs) > 1 {
		d.add(errcode.ConfigSyntax, lineOf(docs[1]), "", "several documents, got a second one, want one")
	}
	if len(docs) == 0 {
		return nil
	}
	return docs[0]
}

// bodies are the documents that are more than comments.
func bodies(tree *ast.File) []ast.Node {
	var out []ast.Node
	for _, doc := range tree.Docs {
		if _, comment := doc.Body.(*ast.CommentGroupNode); doc.Body != nil && !comment {
			out = append(out, doc.Body)
		}
	}
	return out
}

// parse makes the syntax tree. Doubled keys are let through: the decoder names
// them with both lines. A panic of the library on some odd file is one more
// syntax error, not the end of the program.
func parse(data []byte) (tree *ast.File, err error) {
	defer func() {
		if r := recover(); r != nil {
			tree, err = nil, fmt.Errorf("%w: %v", errParser, r)
		}
	}()
	tokens := lexer.Tokenize(string(data))
	if tooDeep(tokens) {
		return nil, errDepth
	}
	return parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
}

var (
	errParser = errors.New("the YAML parser gave up")
	errDepth  = errors.New("blocks nested too deeply")
)

// tooDeep finds what would make the recursive parser slow or overflow its stack:
// brackets within brackets, and list or key marks in a row.
func tooDeep(tokens token.Tokens) bool {
	brackets, marks := 0, 0
	for _, tk := range tokens {
		switch tk.Type {
		case token.MappingStartType, token.SequenceStartType:
			brackets++
		case token.MappingEndType, token.SequenceEndType:
			brackets--
		case token.SequenceEntryType, token.MappingKeyType:
			marks++
		default:
			marks = 0
		}
		if brackets > maxDepth || marks > maxDepth {
			return true
		}
	}
	return false
}

// syntaxError takes line and message out of the library's error.
func syntaxError(err error) (line int, text string) {
	var e yaml.Error
	if !errors.As(err, &e) {
		return 1, strings.Join(strings.Fields(err.Error()), " ")
	}
	if tk := e.GetToken(); tk != nil && tk.Position != nil {
		line = tk.Position.Line
	}
	return max(line, 1), strings.Join(strings.Fields(e.GetMessage()), " ")
}
