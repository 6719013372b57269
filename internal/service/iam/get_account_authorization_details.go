package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getAccountAuthorizationDetails shows all users, groups, roles and managed policies with what they may do.
func (s *Service) getAccountAuthorizationDetails() service.Operation {
	return service.Handle("GetAccountAuthorizationDetails", onNothing,
		func(ctx context.Context, call *service.Call, in *iamapi.GetAccountAuthorizationDetailsRequest) (*iamapi.GetAccountAuthorizationDetailsResponse, error) {
			list, err := s.details(s.read(ctx), call, in.Filter)
			if err != nil {
				return nil, err
			}
			out := &iamapi.GetAccountAuthorizationDetailsResponse{
				UserDetailList: []iamapi.UserDetail{}, GroupDetailList: []iamapi.GroupDetail{}, RoleDetailList: []iamapi.RoleDetail{}, Policies: []iamapi.ManagedPolicyDetail{},
			}
			list, out.IsTruncated, out.Marker, err = page(list, in.Marker, in.MaxItems, func(d *detail) string { return d.place })
			for _, d := range list {
				d.show(out)
			}
			return out, err
		})
}

// detail is one entry of the answer: its place in the order of all, and how it is shown.
type detail struct {
	place string
	show  func(*iamapi.GetAccountAuthorizationDetailsResponse)
}

// details lists what the filter asks for, all without one.
func (s *Service) details(from reader, call *service.Call, filter []string) ([]detail, error) {
	wanted := func(kind string) bool { return len(filter) == 0 || slices.Contains(filter, kind) }
	h, err := readHolders(from)
	if err != nil {
		return nil, err
	}
	var list []detail
	add := func(kind, name string, show func(*iamapi.GetAccountAuthorizationDetailsResponse)) {
		if wanted(kind) {
			list = append(list, detail{kind + "/" + strings.ToLower(name), show})
		}
	}
	for _, u := range h.users {
		add("User", u.Name, func(out *iamapi.GetAccountAuthorizationDetailsResponse) {
			out.UserDetailList = append(out.UserDetailList, s.userDetail(&u))
		})
	}
	for _, g := range h.groups {
		add("Group", g.Name, func(out *iamapi.GetAccountAuthorizationDetailsResponse) {
			out.GroupDetailList = append(out.GroupDetailList, s.groupDetail(&g))
		})
	}
	for _, r := range h.roles {
		profiles, err := profilesOf(from, r.Name)
		if err != nil {
			return nil, err
		}
		shape, err := s.roleDetail(from, &r, profiles)
		if err != nil {
			return nil, err
		}
		add("Role", r.Name, func(out *iamapi.GetAccountAuthorizationDetailsResponse) {
			out.RoleDetailList = append(out.RoleDetailList, shape)
		})
	}
	policies, err := s.allPolicies(from, call.Partition, "")
	if err != nil {
		return nil, err
	}
	for _, p := range policies {
		kind := "LocalManagedPolicy"
		if _, ok := identity.AWSManaged(p.arn); ok {
			kind = "AWSManagedPolicy"
		}
		add(kind, p.arn, func(out *iamapi.GetAccountAuthorizationDetailsResponse) {
			out.Policies = append(out.Policies, policyDetail(p, h.useOf(p.arn)))
		})
	}
	slices.SortFunc(list, func(a, b detail) int { return strings.Compare(a.place, b.place) })
	return list, nil
}

func inlineDetails(p *identity.Policies) []iamapi.PolicyDetail {
	list := []iamapi.PolicyDetail{}
	for _, name := range inlineNames(p) {
		list = append(list, iamapi.PolicyDetail{PolicyName: new(name), PolicyDocument: encoded(p.Inline[name])})
	}
	return list
}

func (s *Service) userDetail(u *identity.User) iamapi.UserDetail {
	return iamapi.UserDetail{
		UserName: &u.Name, Path: &u.Path, UserId: &u.ID, Arn: new(s.directory.ARN("user", u.Path, u.Name)), CreateDate: &u.Created, Tags: tagList(u.Tags),
		UserPolicyList: inlineDetails(&u.Policies), AttachedManagedPolicies: attachedList(u.Attached, nil), GroupList: nonNil(u.Groups), PermissionsBoundary: boundaryShape(u.Boundary),
	}
}

func (s *Service) groupDetail(g *identity.Group) iamapi.GroupDetail {
	return iamapi.GroupDetail{
		GroupName: &g.Name, Path: &g.Path, GroupId: &g.ID, Arn: new(s.directory.ARN("group", g.Path, g.Name)), CreateDate: &g.Created,
		GroupPolicyList: inlineDetails(&g.Policies), AttachedManagedPolicies: attachedList(g.Attached, nil),
	}
}

func (s *Service) roleDetail(from reader, r *identity.Role, profiles []profileRecord) (iamapi.RoleDetail, error) {
	shapes, err := s.profileShapes(from, profiles)
	return iamapi.RoleDetail{
		RoleName: &r.Name, Path: &r.Path, RoleId: &r.ID, Arn: new(s.directory.ARN("role", r.Path, r.Name)), CreateDate: &r.Created, AssumeRolePolicyDocument: encoded(r.Trust),
		RolePolicyList: inlineDetails(&r.Policies), AttachedManagedPolicies: attachedList(r.Attached, nil), InstanceProfileList: shapes,
		PermissionsBoundary: boundaryShape(r.Boundary), Tags: tagList(r.Tags),
	}, err
}

func policyDetail(p namedPolicy, u *use) iamapi.ManagedPolicyDetail {
	shape := iamapi.ManagedPolicyDetail{
		PolicyName: &p.Name, PolicyId: &p.ID, Arn: &p.arn, Path: &p.Path, DefaultVersionId: &p.Default, AttachmentCount: new(u.attachments()),
		PermissionsBoundaryUsageCount: new(u.boundaries()), IsAttachable: new(true), Description: some(p.Description), CreateDate: &p.Created, UpdateDate: &p.Updated,
		PolicyVersionList: []iamapi.PolicyVersion{},
	}
	for i := range p.Versions {
		shape.PolicyVersionList = append(shape.PolicyVersionList, versionShape(p.ManagedPolicy, &p.Versions[i], true))
	}
	return shape
}
