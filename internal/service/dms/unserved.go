package dms

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/policy/action"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// unserved makes the operations of the model that nothing stands behind yet: authorized like the others, they say so.
func (s *Service) unserved(served []service.Operation) []service.Operation {
	var all []service.Operation
	for i := range dmsapi.Service.Operations {
		op := &dmsapi.Service.Operations[i]
		if slices.ContainsFunc(served, func(o service.Operation) bool { return o.Name == op.Name }) {
			continue
		}
		access := func(ctx context.Context, _ *service.Call, in any) ([]service.Check, error) {
			touches, err := s.actions.Touches(op.Name, in, action.Scope{Partition: s.Partition, Region: s.Region, Account: s.Account})
			if err != nil {
				return nil, err
			}
			return service.TouchChecks(touches, func(arn string) (map[string]string, error) { return s.tagsOf(ctx, arn) }), nil
		}
		all = append(all, service.Unserved(&dmsapi.Service, op.Name, access, notYet(op)))
	}
	return all
}

// because says more of some of them.
var because = map[string]string{
	"UpdateSubscriptionsToEventBridge": "There is no EventBridge to move event subscriptions to: they stay as they are and go on being delivered.",
}

// notYet is the fault that fits an operation which is not served: one of its own if it has one that does not say something
// else, as ResourceNotFoundFault would.
func notYet(op *wire.Operation) error {
	text := "Whimbrel does not serve " + op.Name + " yet. docs/api.md lists the operations that it serves."
	if why := because[op.Name]; why != "" {
		text += " " + why
	}
	for _, name := range []string{"InvalidOperationFault", "InvalidResourceStateFault", "FailedDependencyFault", "AccessDeniedFault"} {
		if f, ok := dmsapi.Service.Fault(name); ok && dmsapi.Service.Modelled(op, f.Code) {
			return fault(name, "%s", text)
		}
	}
	return wire.UnsupportedOperation.New(wire.JSON11, "%s", text)
}
