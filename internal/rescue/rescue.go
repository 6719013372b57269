package rescue

import (
	"errors"
	"fmt"
	"runtime/debug"
)

// Panic is a panic as an error. Trying again would not help.
type Panic struct { //nolint:errname // it is one
	Value any
	Stack []byte
}

// Error says what the panic said; the stack is for the log.
func (p *Panic) Error() string { return fmt.Sprintf("a fault in Whimbrel itself: %v", p.Value) }

// Unwrap returns the error that the panic was made with, if it was one.
func (p *Panic) Unwrap() error {
	err, _ := p.Value.(error)
	return err
}

// Run calls f. A panic in it becomes a *Panic.
func Run(f func() error) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &Panic{Value: v, Stack: debug.Stack()}
		}
	}()
	return f()
}

// Func is f with its panics as errors, for those who start goroutines.
func Func(f func() error) func() error { return func() error { return Run(f) } }

// In finds the panic in an error's chain; nil when there is none.
func In(err error) *Panic {
	var p *Panic
	errors.As(err, &p)
	return p
}
