package iam

import (
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const policyRecords = identity.Prefix + "policy/"

// policy finds a managed policy by its ARN. AWS's own are made into the same form.
func (s *Service) policy(from getter, arn string) (*identity.ManagedPolicy, error) {
	if p, ok := identity.AWSManaged(arn); ok {
		return awsPolicy(p), nil
	}
	notThere := missing("Policy %s was not found.", arn)
	p, err := fetch[identity.ManagedPolicy](from, identity.PolicyKey(identity.NameOf(arn)), notThere)
	if err != nil {
		return nil, err
	}
	if s.policyARN(p) != arn {
		return nil, notThere
	}
	return p, nil
}

func awsPolicy(p identity.AWSPolicy) *identity.ManagedPolicy {
	return &identity.ManagedPolicy{
		Name: p.Name, Path: p.Path, ID: p.ID, Description: p.Description, Created: p.Created, Updated: p.Updated, Default: p.Version,
		Versions: []identity.PolicyVersion{{ID: p.Version, Document: p.Document, Created: p.Updated}},
	}
}

func (s *Service) policyARN(p *identity.ManagedPolicy) string {
	return s.directory.ARN("policy", p.Path, p.Name)
}

// changePolicy lets fn change a customer's managed policy and writes it, or deletes it.
func (s *Service) changePolicy(tx store.Tx, arn string, fn func(*identity.ManagedPolicy) error, remove bool) error {
	if _, ok := identity.AWSManaged(arn); ok {
		return fault("InvalidInputException", "Policy %s is AWS's own and cannot be changed.", arn)
	}
	p, err := s.policy(tx, arn)
	if err != nil {
		return err
	}
	if err := fn(p); err != nil {
		return err
	}
	if remove {
		tx.Delete(identity.PolicyKey(p.Name))
		return nil
	}
	return store.Write(tx, identity.PolicyKey(p.Name), p)
}

func version(p *identity.ManagedPolicy, id string) (*identity.PolicyVersion, error) {
	at := slices.IndexFunc(p.Versions, func(v identity.PolicyVersion) bool { return v.ID == id })
	if at < 0 {
		return nil, missing("Policy version %s does not exist for the policy %s.", id, p.Name)
	}
	return &p.Versions[at], nil
}

// use is where a managed policy is used.
type use struct {
	users, boundaryUsers []identity.User
	groups               []identity.Group
	roles, boundaryRoles []identity.Role
}

func (u *use) attachments() int64 { return int64(len(u.users) + len(u.groups) + len(u.roles)) }
func (u *use) boundaries() int64  { return int64(len(u.boundaryUsers) + len(u.boundaryRoles)) }

// holders are all users, groups and roles.
type holders struct {
	users  []identity.User
	groups []identity.Group
	roles  []identity.Role
}

func readHolders(from ranger) (h holders, err error) {
	if h.users, err = all[identity.User](from, identity.Prefix+"user/"); err != nil {
		return h, err
	}
	if h.groups, err = all[identity.Group](from, identity.Prefix+"group/"); err != nil {
		return h, err
	}
	h.roles, err = all[identity.Role](from, identity.Prefix+"role/")
	return h, err
}

// useOf finds who uses a policy.
func (h *holders) useOf(arn string) *use {
	u := &use{}
	for _, one := range h.users {
		if slices.Contains(one.Attached, arn) {
			u.users = append(u.users, one)
		}
		if one.Boundary == arn {
			u.boundaryUsers = append(u.boundaryUsers, one)
		}
	}
	for _, one := range h.groups {
		if slices.Contains(one.Attached, arn) {
			u.groups = append(u.groups, one)
		}
	}
	for _, one := range h.roles {
		if slices.Contains(one.Attached, arn) {
			u.roles = append(u.roles, one)
		}
		if one.Boundary == arn {
			u.boundaryRoles = append(u.boundaryRoles, one)
		}
	}
	return u
}

func (s *Service) policyShape(arn string, p *identity.ManagedPolicy, u *use) *iamapi.Policy {
	return &iamapi.Policy{
		PolicyName: &p.Name, PolicyId: &p.ID, Arn: &arn, Path: &p.Path, DefaultVersionId: &p.Default, AttachmentCount: new(u.attachments()),
		PermissionsBoundaryUsageCount: new(u.boundaries()), IsAttachable: new(true), Description: some(p.Description),
		CreateDate: &p.Created, UpdateDate: &p.Updated, Tags: tagList(p.Tags),
	}
}

func versionShape(p *identity.ManagedPolicy, v *identity.PolicyVersion, withDocument bool) iamapi.PolicyVersion {
	shape := iamapi.PolicyVersion{VersionId: &v.ID, IsDefaultVersion: new(v.ID == p.Default), CreateDate: &v.Created}
	if withDocument {
		shape.Document = encoded(v.Document)
	}
	return shape
}

func attachedList(arns []string, prefix *string) []iamapi.AttachedPolicy {
	list := []iamapi.AttachedPolicy{}
	for _, arn := range arns {
		if prefix == nil || strings.HasPrefix(policyPath(arn), *prefix) {
			list = append(list, iamapi.AttachedPolicy{PolicyArn: new(arn), PolicyName: new(identity.NameOf(arn))})
		}
	}
	return list
}

// policyPath is the path in a policy's ARN: / or /service-role/.
func policyPath(arn string) string {
	_, rest, _ := strings.Cut(arn, ":policy")
	return rest[:strings.LastIndexByte(rest, '/')+1]
}

// checkBoundary reports that a policy may be a permissions boundary.
func (s *Service) checkBoundary(from getter, arn string) error {
	if _, err := s.policy(from, arn); err != nil {
		return missing("Scope ARN: %s does not exist or is not attachable.", arn)
	}
	return nil
}
