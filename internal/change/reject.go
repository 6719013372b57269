package change

import "fmt"

// Fault says which error policy of the task settings (ErrorBehavior) governs a rejected row.
type Fault uint8

// The faults.
const (
	DataFault       Fault = iota // DataErrorPolicy: a value the target's type cannot hold, a failed conversion or transformation
	TruncationFault              // DataTruncationErrorPolicy: a value that had to be cut
	MaskingFault                 // DataMaskingErrorPolicy
	TableFault                   // TableErrorPolicy: no row of the table can be held
)

// Reject is one row that could not be moved as it was, with the reason a person can act on.
type Reject struct { //nolint:errname // a row's fate first, an error only where one is asked for
	Fault  Fault
	Column string // the column at fault; empty when the whole row is
	Key    string // the row's key as `column=value, …`, or a description of its place when it has no key
	Reason string // never holds a secret; quotes at most the first 100 bytes of a value
	Kept   bool   // true when a changed value went to the target all the same (cut, clamped), false when the row did not go
}

// Error makes a Reject usable as an error.
func (r Reject) Error() string {
	if r.Column == "" {
		return fmt.Sprintf("row (%s): %s", r.Key, r.Reason)
	}
	return fmt.Sprintf("row (%s), column %q: %s", r.Key, r.Column, r.Reason)
}
