package expr

import "fmt"

// Error is a fault in the text of an expression.
type Error struct {
	Position int // in bytes, from 1
	Reason   string
}

// Error tells the reason and the place.
func (e *Error) Error() string {
	return fmt.Sprintf("expression, position %d: %s", e.Position, e.Reason)
}
