package sigv4

import "fmt"

// A Reason is why a request is not believed.
type Reason uint8

// The reasons, after the errors that AWS gives for them.
const (
	Missing    Reason = iota + 1 // no signature at all
	Incomplete                   // parts of it are not there or cannot be read
	Invalid                      // it does not match, is too old or for somewhere else
)

// An Error says what is wrong with a signature, in AWS's words.
type Error struct {
	Reason  Reason
	Message string
}

func (e *Error) Error() string { return e.Message }

func incomplete(form string, args ...any) error {
	return &Error{Incomplete, fmt.Sprintf(form, args...)}
}

func invalid(form string, args ...any) error { return &Error{Invalid, fmt.Sprintf(form, args...)} }

// mismatch is the one answer to every signature that does not match, whatever the difference.
func mismatch() error {
	return invalid("The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method. Consult the service documentation for details.")
}
