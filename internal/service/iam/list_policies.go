package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listPolicies lists managed policies.
func (s *Service) listPolicies() service.Operation {
	return service.Handle("ListPolicies", onNothing,
		func(ctx context.Context, call *service.Call, in *iamapi.ListPoliciesRequest) (*iamapi.ListPoliciesResponse, error) {
			list, err := s.allPolicies(s.read(ctx), call.Partition, deref(in.Scope))
			if err != nil {
				return nil, err
			}
			h, err := readHolders(s.read(ctx))
			if err != nil {
				return nil, err
			}
			prefix := pathOf(in.PathPrefix)
			shapes := []iamapi.Policy{}
			for i := range list {
				u := h.useOf(list[i].arn)
				switch {
				case !strings.HasPrefix(list[i].Path, prefix), deref(in.OnlyAttached) && u.attachments() == 0,
					deref(in.PolicyUsageFilter) == "PermissionsBoundary" && u.boundaries() == 0, deref(in.PolicyUsageFilter) == "PermissionsPolicy" && u.attachments() == 0:
					continue
				}
				shape := s.policyShape(list[i].arn, list[i].ManagedPolicy, u)
				shape.Tags, shape.Description = nil, nil
				shapes = append(shapes, *shape)
			}
			out := &iamapi.ListPoliciesResponse{}
			out.Policies, out.IsTruncated, out.Marker, err = page(shapes, in.Marker, in.MaxItems, func(p *iamapi.Policy) string { return *p.Arn })
			return out, err
		})
}

// namedPolicy is a managed policy with its ARN.
type namedPolicy struct {
	arn string
	*identity.ManagedPolicy
}

// allPolicies lists managed policies in the order of their ARNs: AWS's, Local ones, or All.
func (s *Service) allPolicies(from ranger, partition, scope string) ([]namedPolicy, error) {
	var list []namedPolicy
	if scope != "Local" {
		for suffix, p := range identity.AWSPolicies() {
			list = append(list, namedPolicy{"arn:" + partition + ":iam::aws:policy" + suffix, awsPolicy(p)})
		}
	}
	if scope != "AWS" {
		own, err := all[identity.ManagedPolicy](from, policyRecords)
		if err != nil {
			return nil, err
		}
		for i := range own {
			list = append(list, namedPolicy{s.policyARN(&own[i]), &own[i]})
		}
	}
	slices.SortFunc(list, func(a, b namedPolicy) int { return strings.Compare(a.arn, b.arn) })
	return list, nil
}
