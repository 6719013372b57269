package iam

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createServiceLinkedRole makes the role of a service that is linked to it.
func (s *Service) createServiceLinkedRole() service.Operation {
	return service.Handle("CreateServiceLinkedRole", func(_ context.Context, call *service.Call, in *iamapi.CreateServiceLinkedRoleRequest) ([]service.Check, error) {
		return check(call, "role/aws-service-role/"+deref(in.AWSServiceName)+"/"+linkedRoles()[deref(in.AWSServiceName)].name, nil, oneKey("iam:AWSServiceName", in.AWSServiceName)), nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.CreateServiceLinkedRoleRequest) (*iamapi.CreateServiceLinkedRoleResponse, error) {
			linked, ok := linkedRoles()[deref(in.AWSServiceName)]
			if !ok {
				return nil, fault("InvalidInputException", "Service %s has no service-linked role here; these have: %s", deref(in.AWSServiceName), strings.Join(slices.Sorted(maps.Keys(linkedRoles())), ", "))
			}
			if in.CustomSuffix != nil {
				return nil, fault("InvalidInputException", "Custom suffix is not allowed for %s", deref(in.AWSServiceName))
			}
			r := &identity.Role{
				Name: linked.name, Path: "/aws-service-role/" + *in.AWSServiceName + "/", ID: identity.NewID(identity.RoleID), Created: stamped(call), Description: deref(in.Description),
				Trust:      `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + *in.AWSServiceName + `"},"Action":"sts:AssumeRole"}]}`,
				MaxSession: minSession, ServiceLinked: true,
			}
			r.Attached = []string{"arn:" + call.Partition + ":iam::aws:policy/aws-service-role/" + linked.policy}
			err := s.update(ctx, func(tx store.Tx) error {
				return createWithin(tx, &rolesQuota, identity.RoleKey(r.Name), r, fault("InvalidInputException", "Service role name %s has been taken in this account, please try a different suffix.", r.Name))
			})
			return &iamapi.CreateServiceLinkedRoleResponse{Role: s.roleShape(r)}, err
		})
}

type linkedRole struct{ name, policy string }

// linkedRoles are the service-linked roles of DMS, by the service's name.
func linkedRoles() map[string]linkedRole {
	return map[string]linkedRole{
		"dms.amazonaws.com":               {"AWSServiceRoleForDMSServerless", "AWSDMSServerlessServiceRolePolicy"},
		"dms-fleet-advisor.amazonaws.com": {"AWSServiceRoleForDMSFleetAdvisor", "AWSDMSFleetAdvisorServiceRolePolicy"},
	}
}
