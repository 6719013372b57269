package service

import (
	"context"
	"fmt"
	"reflect"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// An Operation is one call of a service with its input and output types forgotten.
type Operation struct {
	Name   string
	access func(context.Context, *Call, any) ([]Check, error)
	do     func(context.Context, *Call, any) (any, error)
	in     reflect.Type
	out    reflect.Type
	// unserved says that do only answers that the operation is not served.
	unserved bool
}

// Handle makes an operation of its two parts.
//
// access names what the call touches, with no side effect. It runs before the input is validated: members may be nil or
// senseless, and what is not there yet is named as it would be. An error of it is the answer, so it does not say that a
// resource is missing: that is for do, after the decision. No checks at all mean that everyone may (GetCallerIdentity).
//
// do performs the call with a validated input.
func Handle[In, Out any](
	name string,
	access func(ctx context.Context, call *Call, in *In) ([]Check, error),
	do func(ctx context.Context, call *Call, in *In) (*Out, error),
) Operation {
	return Operation{
		Name: name, in: reflect.TypeFor[*In](), out: reflect.TypeFor[*Out](),
		access: func(ctx context.Context, call *Call, in any) ([]Check, error) { return access(ctx, call, in.(*In)) },
		do: func(ctx context.Context, call *Call, in any) (any, error) {
			out, err := do(ctx, call, in.(*In))
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}

// None is the input or output of operations that have none in the model.
type None struct{}

// Access asks the operation what a call touches.
func (o *Operation) Access(ctx context.Context, call *Call, in any) ([]Check, error) {
	return o.access(ctx, call, in)
}

// Do performs the call.
func (o *Operation) Do(ctx context.Context, call *Call, in any) (any, error) {
	return o.do(ctx, call, in)
}

// A Service is a model with the operations that stand behind it.
type Service struct {
	Model      *wire.Service
	operations map[string]*Operation
}

// New joins a model and its operations. It refuses operations that the model does not have or describes otherwise.
func New(model *wire.Service, operations ...Operation) (*Service, error) {
	s := &Service{Model: model, operations: make(map[string]*Operation, len(operations))}
	for i := range operations {
		o := &operations[i]
		described := model.Operation(o.Name)
		if described == nil {
			return nil, fmt.Errorf("service %s: no operation %s in its model", model.Name, o.Name)
		}
		if s.operations[o.Name] != nil {
			return nil, fmt.Errorf("service %s: operation %s twice", model.Name, o.Name)
		}
		in := reflect.TypeFor[*None]()
		if described.NewInput != nil {
			in = reflect.TypeOf(described.NewInput())
		}
		if o.in != in {
			return nil, fmt.Errorf("service %s: %s takes %s, its model says %s", model.Name, o.Name, o.in, in)
		}
		if o.unserved {
			s.operations[o.Name] = o
			continue
		}
		if err := outputFits(model, described, o.out); err != nil {
			return nil, fmt.Errorf("service %s: %s: %w", model.Name, o.Name, err)
		}
		s.operations[o.Name] = o
	}
	return s, nil
}

// outputFits compares the name of the output's type with the model.
func outputFits(model *wire.Service, op *wire.Operation, out reflect.Type) error {
	want := "None"
	if op.Output >= 0 {
		want = wire.GoName(model.Shapes[op.Output].Name)
	}
	if got := out.Elem().Name(); got != want {
		return fmt.Errorf("answers %s, its model says %s", got, want)
	}
	return nil
}

// Operation finds an operation that stands behind the model, nil if none does.
func (s *Service) Operation(name string) *Operation { return s.operations[name] }

// NewInput makes an empty input for an operation of the model.
func NewInput(op *wire.Operation) any {
	if op.NewInput == nil {
		return new(None)
	}
	return op.NewInput()
}
