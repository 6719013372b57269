package iam

import (
	"context"
	"fmt"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// simulateCustomPolicy decides what policies that are given would allow.
func (s *Service) simulateCustomPolicy() service.Operation {
	return service.Handle("SimulateCustomPolicy", onNothing,
		func(_ context.Context, call *service.Call, in *iamapi.SimulateCustomPolicyRequest) (*iamapi.SimulatePolicyResponse, error) {
			if err := handling(in.ResourceHandlingOption); err != nil {
				return nil, err
			}
			m, err := newSimulation(in.ActionNames, in.ResourceArns, in.ContextEntries, in.ResourceOwner)
			if err != nil {
				return nil, err
			}
			if m.policies.Identity, err = m.inputs(in.PolicyInputList, "PolicyInputList"); err != nil {
				return nil, err
			}
			if err := m.bound(in.PermissionsBoundaryPolicyInputList); err != nil {
				return nil, err
			}
			if err := m.resourcePolicy(in.ResourcePolicy); err != nil {
				return nil, err
			}
			for i, level := range in.OrderedOrganizationPolicyInputList {
				list, err := m.inputs(level.ServiceControlPolicyInputList, "OrderedOrganizationPolicyInputList."+strconv.Itoa(i+1))
				if err != nil {
					return nil, err
				}
				m.policies.ServiceControl = append(m.policies.ServiceControl, list)
			}
			caller := "arn:" + call.Partition + ":iam::" + call.Account + ":user/simulated"
			if in.CallerArn != nil {
				caller = *in.CallerArn
			}
			if err := m.caller(caller); err != nil {
				return nil, err
			}
			out := &iamapi.SimulatePolicyResponse{}
			out.EvaluationResults, out.IsTruncated, out.Marker, err = pageByPlace(m.results(), in.Marker, in.MaxItems)
			return out, err
		})
}

// pageByPlace cuts one page out of a list that is in no order but its own.
func pageByPlace[T any](list []T, marker *string, size *int64) ([]T, *bool, *string, error) {
	type placed struct {
		place string
		item  T
	}
	all := make([]placed, len(list))
	for i := range list {
		all[i] = placed{fmt.Sprintf("%08d", i), list[i]}
	}
	all, more, next, err := page(all, marker, size, func(p *placed) string { return p.place })
	items := make([]T, len(all))
	for i := range all {
		items[i] = all[i].item
	}
	return items, more, next, err
}
