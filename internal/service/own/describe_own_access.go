package own

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// questionsOfACall is how many questions count as a call of the caller's: most cost far less than one, but those about a key with many
// grants as much.
const questionsOfACall = 10

// describeOwnAccess tells the caller which calls of theirs would be denied, and why, and makes none of them. As GetCallerIdentity
// it needs no permission: it says what making the calls would say, of nobody but the caller, and names no more of a policy than
// a denial does.
func (s *Service) describeOwnAccess() service.Operation {
	return service.Handle("DescribeOwnAccess",
		func(context.Context, *service.Call, *whimbrelapi.DescribeOwnAccessRequest) ([]service.Check, error) {
			return nil, nil
		},
		func(ctx context.Context, call *service.Call, in *whimbrelapi.DescribeOwnAccessRequest) (*whimbrelapi.DescribeOwnAccessResponse, error) {
			if err := call.Charge(len(in.Calls) / questionsOfACall); err != nil {
				return nil, err
			}
			out := &whimbrelapi.DescribeOwnAccessResponse{PrincipalArn: &call.Principal.ARN, Calls: make([]whimbrelapi.OwnAccess, len(in.Calls))}
			for i := range in.Calls {
				if err := s.ownAccess(ctx, call, i, &in.Calls[i], &out.Calls[i]); err != nil {
					return nil, err
				}
			}
			return out, nil
		})
}

// ownAccess asks the operation what the call would touch, and has that decided as if the call had come.
func (s *Service) ownAccess(ctx context.Context, call *service.Call, i int, asked *whimbrelapi.OwnCall, out *whimbrelapi.OwnAccess) error {
	if *asked.Service == "sts" { // a code of a second factor is used up by the decision, and a web token's issuer is asked
		return wire.Invalid.New(wire.JSON11, "Calls[%d].Service: calls of sts are not decided ahead, as the codes and tokens that they carry count once", i)
	}
	served := s.serving(*asked.Service)
	if served == nil {
		return wire.Invalid.New(wire.JSON11, "Calls[%d].Service: calls of no service are signed as %q; want a name such as dms, iam, kms or monitoring", i, *asked.Service)
	}
	model := served.Model
	operation, described := served.Operation(*asked.Operation), model.Operation(*asked.Operation)
	if operation == nil || described == nil {
		return wire.Invalid.New(wire.JSON11, "Calls[%d].Operation: %s has no operation %q", i, model.Name, *asked.Operation)
	}
	input := service.NewInput(described)
	if asked.Input != nil {
		if err := model.DecodeNamed(described, []byte(*asked.Input), input); err != nil {
			return wire.Invalid.New(wire.JSON11, "Calls[%d].Input: %s", i, text(err))
		}
	}
	as := *call
	as.Service, as.Operation = model, described
	checks, err := operation.Access(ctx, &as, input)
	if answer := new(wire.Error); errors.As(err, &answer) && !answer.Server {
		out.Reason = &answer.Message // nothing is decided: this is what the call would be answered
		return nil
	}
	if err != nil {
		return err
	}
	at, reason, err := s.explainer.Denied(ctx, &as, checks)
	if err != nil {
		return err
	}
	out.Allowed = ptr(at < 0)
	if at >= 0 {
		out.Action, out.Resource, out.Reason = &checks[at].Action, ptr(checks[at].Shown()), &reason
	}
	return nil
}

// text is what a caller may be told of an error.
func text(err error) string {
	if e := new(wire.Error); errors.As(err, &e) {
		return e.Message
	}
	return "it cannot be read"
}
