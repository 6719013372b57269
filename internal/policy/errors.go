package policy

import (
	"errors"
	"fmt"
	"strings"
)

// MalformedError says what is wrong with a document and where; services answer MalformedPolicyDocument with its text.
type MalformedError struct{ Problems []string }

// Error joins what is wrong.
func (e *MalformedError) Error() string { return strings.Join(e.Problems, "; ") }

// SizeError says that a document is longer than its kind may be. IAM does not count white space.
type SizeError struct{ Size, Limit int }

// Error names the limit as IAM does.
func (e *SizeError) Error() string {
	return fmt.Sprintf("Cannot exceed quota for PolicySize: %d (this document has %d characters without white space)", e.Limit, e.Size)
}

// problem is what is wrong with one value.
type problem string

func (p problem) Error() string { return string(p) }

func problemf(format string, args ...any) error { return problem(fmt.Sprintf(format, args...)) }

// malformed turns the joined errors of the document's reader into one error.
func malformed(err error) error {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return &MalformedError{[]string{err.Error()}}
	}
	m := &MalformedError{}
	for _, one := range joined.Unwrap() {
		m.Problems = append(m.Problems, one.Error())
	}
	return m
}

// quoteAll spells values for a message, at most four of them.
func quoteAll(values []string) string {
	var b strings.Builder
	for i, v := range values {
		if i == 4 {
			return b.String() + ", …"
		}
		if i > 0 {
			b.WriteString(", ")
		}
		fmt.Fprintf(&b, "%q", v)
	}
	return b.String()
}
