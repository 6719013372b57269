package iam

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createRole makes a role that its trust policy says who may assume.
func (s *Service) createRole() service.Operation {
	return service.Handle("CreateRole", func(_ context.Context, call *service.Call, in *iamapi.CreateRoleRequest) ([]service.Check, error) {
		return s.withTagging(call, check(call, "role"+pathOf(in.Path)+deref(in.RoleName), nil, tagKeys(in.Tags), oneKey("iam:PermissionsBoundary", in.PermissionsBoundary)), "iam:TagRole", in.Tags), nil
	},
		func(ctx context.Context, call *service.Call, in *iamapi.CreateRoleRequest) (*iamapi.CreateRoleResponse, error) {
			r, err := newRole(call, in)
			if err != nil {
				return nil, err
			}
			err = s.update(ctx, func(tx store.Tx) error {
				if err := s.checkTrust(tx, r.Trust); err != nil {
					return err
				}
				if r.Boundary != "" {
					if err := s.checkBoundary(tx, r.Boundary); err != nil {
						return err
					}
				}
				return createWithin(tx, &rolesQuota, identity.RoleKey(r.Name), r, exists("Role with name %s already exists.", r.Name))
			})
			return &iamapi.CreateRoleResponse{Role: s.roleShape(r)}, err
		})
}

// Bounds and default of a role's longest session, in seconds.
const (
	minSession = 3600
	maxSession = 43200
)

func newRole(call *service.Call, in *iamapi.CreateRoleRequest) (*identity.Role, error) {
	tags, err := mergeTags(nil, in.Tags)
	if err != nil {
		return nil, err
	}
	if strings.HasPrefix(pathOf(in.Path), "/aws-service-role/") {
		return nil, fault("InvalidInputException", "The path /aws-service-role/ is for service-linked roles; make them with CreateServiceLinkedRole.")
	}
	r := &identity.Role{
		Name: deref(in.RoleName), Path: pathOf(in.Path), ID: identity.NewID(identity.RoleID), Created: stamped(call), Description: deref(in.Description),
		Trust: deref(in.AssumeRolePolicyDocument), MaxSession: minSession, Tags: tags, Boundary: deref(in.PermissionsBoundary),
	}
	if in.MaxSessionDuration != nil {
		r.MaxSession = *in.MaxSessionDuration
	}
	return r, nil
}

// checkTrust parses a trust policy; the users and roles of this account that it names must exist.
func (s *Service) checkTrust(from getter, document string) error {
	p, err := policy.Parse(document, policy.Trust, policy.LimitTrust)
	if err != nil {
		return policyError(err)
	}
	for _, arn := range p.Principals() {
		if !s.principalExists(from, arn) {
			return fault("MalformedPolicyDocumentException", "Invalid principal in policy: \"AWS\":%q", arn)
		}
	}
	return nil
}

// principalExists reports that a user or role is there; those of other accounts cannot be known.
func (s *Service) principalExists(from getter, arn string) bool {
	name := identity.NameOf(arn)
	switch {
	case strings.HasPrefix(arn, s.directory.ARN("user", "/", "")):
		u, err := user(from, name)
		return err == nil && s.directory.ARN("user", u.Path, u.Name) == arn
	case strings.HasPrefix(arn, s.directory.ARN("role", "/", "")):
		r, err := role(from, name)
		return err == nil && s.directory.ARN("role", r.Path, r.Name) == arn
	}
	return true
}
