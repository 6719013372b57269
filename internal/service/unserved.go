package service

import (
	"context"
	"reflect"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// Unserved makes an operation of a model that nothing stands behind yet. It is authorized as if something did; then it
// answers the error. Its name must be the model's.
func Unserved(model *wire.Service, name string, access func(ctx context.Context, call *Call, in any) ([]Check, error), answer error) Operation {
	op := model.Operation(name)
	in := reflect.TypeFor[*None]()
	if op != nil && op.NewInput != nil {
		in = reflect.TypeOf(op.NewInput())
	}
	return Operation{
		Name: name, in: in, access: access, unserved: true,
		do: func(context.Context, *Call, any) (any, error) { return nil, answer },
	}
}

// Serves reports that something stands behind an operation.
func (s *Service) Serves(name string) bool {
	o := s.operations[name]
	return o != nil && !o.unserved
}
