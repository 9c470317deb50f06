package cells

import "errors"

// ErrSetup is returned when a display is to be prepared in a way it does not know.
var ErrSetup = errors.New("cells: no such setup")
