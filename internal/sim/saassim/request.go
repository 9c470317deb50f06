package saassim

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// read decodes a request; names match in any case. Its errors are for the people who
// write a client: they name what is wrong, and nothing of this program.
func read(body []byte, to any) error {
	err := json.Unmarshal(body, to)
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &kind) && kind.Field == "":
		return fmt.Errorf("bad request: no object but %s", called(kind.Value))
	case errors.As(err, &kind):
		return fmt.Errorf("bad request: %s is %s", kind.Field, called(kind.Value))
	case errors.As(err, &syntax) && !strings.HasPrefix(syntax.Error(), "unexpected end"):
		return fmt.Errorf("bad request: no JSON at byte %d", syntax.Offset)
	default:
		return errors.New("bad request: the JSON ends too soon")
	}
}

// called is a kind of JSON value with its article.
func called(kind string) string {
	return cmp.Or(map[string]string{"array": "an array", "object": "an object"}[kind], "a "+kind)
}
