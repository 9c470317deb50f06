// Package wire is the vendor's OpenApi as bytes: JSON to struct and back for
// every request, answer and callback of the document V2 and of the V2.1.2 calls
// that edged may use.
//
// It promises: names are read in any case and with or without spaces ("Refund
// Order No"), a number may come as a string and a string as a number, answers may
// come wrapped in the envelope or bare, and Data may be an object, a string that
// holds JSON, a plain string or null. The frame is read strictly: an HTML page,
// truncated or trailing bytes, an array where an object belongs, a name that says
// two things, too deep, too large: each a *FormatError with its byte. A body that
// is well formed but says something edged cannot charge is not an error: the
// Detection carries an Unreadable reason, which means "no decision".
//
// It encodes to the same bytes each time, since a report is repeated byte for
// byte (DESIGN M4). It never computes a total, never logs, keeps no secret in an
// error text, and knows no HTTP.
//
// Sources named in the comments: "V2 §n" is the vendor's document V2, "V2.1.2"
// its later edition, "field" what a public client has seen on the live service.
package wire

// Bounds on what is read.
const (
	// MaxAnswer is the largest answer of the SaaS that is read, in bytes.
	MaxAnswer = 1 << 20
	// MaxCallback is the largest callback body that is read, in bytes (DESIGN §7).
	MaxCallback = 256 << 10
	// MaxLines is the longest list of goods that is read as a decision.
	MaxLines = 1000

	maxDepth   = 32   // nesting of arrays and objects
	maxNames   = 256  // names in one object
	maxEntries = 5000 // elements of one array outside a decision
	maxID      = 128  // bytes of an identifier
	maxText    = 512  // runes kept of a text meant for people
)
