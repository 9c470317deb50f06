package wire

import "time"

// LoginRequest asks for a token (V2 §1).
type LoginRequest struct {
	AppID       string
	Key, Secret Secret
}

// Append writes the request.
func (r LoginRequest) Append(dst []byte) ([]byte, error) {
	err := need("Login", present("appID", r.AppID), present("key", r.Key.Reveal()), present("secret", r.Secret.Reveal()))
	if err != nil {
		return dst, err
	}
	return appendTree(dst, tree{
		{"appID", r.AppID},
		{"key", r.Key.Reveal()},
		{"secret", r.Secret.Reveal()},
	}, Camel), nil
}

// DecodeLoginRequest reads the request, for the simulator.
func DecodeLoginRequest(b []byte) (LoginRequest, error) {
	f, err := openRequest(b)
	if err != nil {
		return LoginRequest{}, err
	}
	r := LoginRequest{
		AppID:  f.requiredID("appID"),
		Key:    NewSecret(f.requiredID("key")),
		Secret: NewSecret(f.requiredID("secret")),
	}
	return r, f.err
}

// openRequest opens the object of a request.
func openRequest(b []byte) (*fields, error) {
	v, err := parse(b, MaxAnswer, "")
	if err != nil {
		return nil, err
	}
	return v.fields()
}

// LoginAnswer is a token and how long it is good for (V2 §1: bare; field: in the
// envelope).
type LoginAnswer struct {
	Token     Secret
	ExpiresIn time.Duration // whole seconds on the wire; 0 if not said
}

// maxToken is more than any token seen; the public sample has 400 bytes.
const maxToken = 16 << 10

// DecodeLogin reads the answer to Login.
func DecodeLogin(b []byte) (LoginAnswer, error) {
	f, err := openData(b)
	if err != nil {
		return LoginAnswer{}, err
	}
	v, ok := f.require("token")
	if !ok {
		return LoginAnswer{}, f.err
	}
	if v.kind() != "string" {
		return LoginAnswer{}, v.wrong("string")
	}
	token := v.unquote()
	if token == "" || len(token) > maxToken || !printable(token) {
		return LoginAnswer{}, &FormatError{v.off, v.path, "want 1 to 16384 printable ASCII characters", ErrShape}
	}
	seconds := f.small("expiresIn")
	return LoginAnswer{NewSecret(token), time.Duration(max(seconds, 0)) * time.Second}, f.err
}

// printable tells whether s can stand in a header.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] <= ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func (a LoginAnswer) answer() any {
	return tree{{"token", a.Token.Reveal()}, {"expiresIn", int64(a.ExpiresIn / time.Second)}}
}
