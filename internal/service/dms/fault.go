package dms

import (
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// The faults that DMS's operations raise most; the others by fault.
func fault(name, form string, args ...any) error { return dmsapi.Service.NewError(name, form, args...) }

func notFound(form string, args ...any) error { return fault("ResourceNotFoundFault", form, args...) }

func badState(form string, args ...any) error {
	return fault("InvalidResourceStateFault", form, args...)
}

func invalidValue(form string, args ...any) error {
	return wire.InvalidValue.New(wire.JSON11, "%s", fmt.Sprintf(form, args...))
}

func invalidCombination(form string, args ...any) error {
	return wire.InvalidCombination.New(wire.JSON11, "%s", fmt.Sprintf(form, args...))
}

// exists is a ResourceAlreadyExistsFault, which names the resource.
func exists(arn, form string, args ...any) error {
	shape, ok := dmsapi.Service.Fault("ResourceAlreadyExistsFault")
	if !ok {
		return fault("ResourceAlreadyExistsFault", form, args...)
	}
	return &wire.Error{
		Code: shape.Code, Shape: shape.Name, Message: fmt.Sprintf(form, args...), Status: shape.Status,
		Members: map[string]string{"resourceArn": arn},
	}
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}

// some is the text, or nothing if it is empty.
func some(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// isFault reports that an error is one to tell the caller.
func isFault(err error) bool {
	var e *wire.Error
	return errors.As(err, &e)
}

// faultText is the text of an error that callers are told, without its code.
func faultText(err error) string {
	var e *wire.Error
	if errors.As(err, &e) {
		return e.Message
	}
	return err.Error()
}
