package dms

import (
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
