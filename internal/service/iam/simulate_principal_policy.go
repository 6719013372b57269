package iam

import (
	"context"
	"errors"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// simulatePrincipalPolicy decides what a user, group or role may do, with further policies if some are given.
func (s *Service) simulatePrincipalPolicy() service.Operation {
	return service.Handle("SimulatePrincipalPolicy", func(_ context.Context, call *service.Call, in *iamapi.SimulatePrincipalPolicyRequest) ([]service.Check, error) {
		return []service.Check{{Action: call.ActionName(), Resource: or(in.PolicySourceArn, "*")}}, nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.SimulatePrincipalPolicyRequest) (*iamapi.SimulatePolicyResponse, error) {
			if err := handling(in.ResourceHandlingOption); err != nil {
				return nil, err
			}
			m, err := newSimulation(in.ActionNames, in.ResourceArns, in.ContextEntries, in.ResourceOwner)
			if err != nil {
				return nil, err
			}
			if err := s.simulatePrincipal(s.read(ctx), call, m, in); err != nil {
				return nil, err
			}
			m.organized(s.directory.ServiceControl())
			extra, err := m.inputs(in.PolicyInputList, "PolicyInputList")
			if err != nil {
				return nil, err
			}
			m.policies.Identity = append(m.policies.Identity, extra...)
			if len(in.PermissionsBoundaryPolicyInputList) > 0 {
				if err := m.bound(in.PermissionsBoundaryPolicyInputList); err != nil {
					return nil, err
				}
			}
			if err := m.resourcePolicy(in.ResourcePolicy); err != nil {
				return nil, err
			}
			out := &iamapi.SimulatePolicyResponse{}
			out.EvaluationResults, out.IsTruncated, out.Marker, err = pageByPlace(m.results(), in.Marker, in.MaxItems)
			return out, err
		})
}

func or(p *string, usual string) string {
	if p == nil {
		return usual
	}
	return *p
}

// simulatePrincipal gathers the policies and keys of the user, group or role that the simulation is about.
func (s *Service) simulatePrincipal(from reader, call *service.Call, m *simulation, in *iamapi.SimulatePrincipalPolicyRequest) error {
	if len(in.PolicyExclusionList) > 0 {
		return fault("InvalidInputException", "PolicyExclusionList is not supported here; leave it out")
	}
	arn := deref(in.PolicySourceArn)
	name := identity.NameOf(arn)
	kind, _, _ := strings.Cut(arn[strings.LastIndexByte(arn, ':')+1:], "/")
	caller := arn
	if in.CallerArn != nil {
		caller = *in.CallerArn
	}
	switch kind {
	case "user":
		return s.simulateUser(from, call, m, name, caller)
	case "group":
		g, err := group(from, name)
		if err != nil {
			return err
		}
		if in.CallerArn == nil {
			caller = s.directory.ARN("user", "/", "simulated")
		}
		return errors.Join(m.caller(caller), m.gathered(s, from, &g.Policies, "group", g.Name))
	case "role":
		r, err := role(from, name)
		if err != nil {
			return err
		}
		if err := m.caller(caller); err != nil {
			return err
		}
		m.who.ServiceLinked = r.ServiceLinked
		m.fill(call, "", r.ID+":simulated", r.Tags)
		if err := m.boundary(s, from, r.Boundary); err != nil {
			return err
		}
		return m.gathered(s, from, &r.Policies, "role", r.Name)
	}
	return fault("InvalidInputException", "PolicySourceArn %q is not the ARN of a user, group or role", arn)
}

func (s *Service) simulateUser(from reader, call *service.Call, m *simulation, name, caller string) error {
	u, err := user(from, name)
	if err != nil {
		return err
	}
	if err := m.caller(caller); err != nil {
		return err
	}
	m.fill(call, u.Name, u.ID, u.Tags)
	if err := m.boundary(s, from, u.Boundary); err != nil {
		return err
	}
	for _, name := range u.Groups {
		g, err := group(from, name)
		if err != nil {
			return err
		}
		if err := m.gathered(s, from, &g.Policies, "group", g.Name); err != nil {
			return err
		}
	}
	return m.gathered(s, from, &u.Policies, "user", u.Name)
}

func (m *simulation) boundary(s *Service, from reader, arn string) (err error) {
	if arn != "" {
		m.policies.Boundary, err = m.managed(s, from, arn)
	}
	return err
}
