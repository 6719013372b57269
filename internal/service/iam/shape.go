package iam

import (
	"maps"
	"net/url"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
)

const maxTags = 50

func (s *Service) userShape(u *identity.User) *iamapi.User {
	return &iamapi.User{
		UserName: &u.Name, Path: &u.Path, UserId: &u.ID, Arn: new(s.directory.ARN("user", u.Path, u.Name)), CreateDate: &u.Created,
		PermissionsBoundary: boundaryShape(u.Boundary), Tags: tagList(u.Tags),
	}
}

func (s *Service) groupShape(g *identity.Group) *iamapi.Group {
	return &iamapi.Group{GroupName: &g.Name, Path: &g.Path, GroupId: &g.ID, Arn: new(s.directory.ARN("group", g.Path, g.Name)), CreateDate: &g.Created}
}

func (s *Service) roleShape(r *identity.Role) *iamapi.Role {
	return &iamapi.Role{
		RoleName: &r.Name, Path: &r.Path, RoleId: &r.ID, Arn: new(s.directory.ARN("role", r.Path, r.Name)), CreateDate: &r.Created,
		AssumeRolePolicyDocument: encoded(r.Trust), Description: some(r.Description), MaxSessionDuration: &r.MaxSession,
		PermissionsBoundary: boundaryShape(r.Boundary), Tags: tagList(r.Tags),
	}
}

// briefUser is a user as lists show it: without its boundary and tags.
func (s *Service) briefUser(u *identity.User) iamapi.User {
	shape := s.userShape(u)
	shape.PermissionsBoundary, shape.Tags = nil, nil
	return *shape
}

// briefRole is a role as lists show it: without its boundary and tags.
func (s *Service) briefRole(r *identity.Role) iamapi.Role {
	shape := s.roleShape(r)
	shape.PermissionsBoundary, shape.Tags = nil, nil
	return *shape
}

func boundaryShape(arn string) *iamapi.AttachedPermissionsBoundary {
	if arn == "" {
		return nil
	}
	return &iamapi.AttachedPermissionsBoundary{PermissionsBoundaryArn: &arn, PermissionsBoundaryType: new("PermissionsBoundaryPolicy")}
}

// encoded spells a document as IAM's answers do, URL-encoded.
func encoded(document string) *string {
	return new(strings.ReplaceAll(url.QueryEscape(document), "+", "%20"))
}

// tagList spells tags in the order of their keys, nil when there are none.
func tagList(tags map[string]string) []iamapi.Tag {
	var list []iamapi.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, iamapi.Tag{Key: new(k), Value: new(tags[k])})
	}
	return list
}

// mergeTags adds tags to those that are there. Keys that differ in case alone are the same key.
func mergeTags(have map[string]string, add []iamapi.Tag) (map[string]string, error) {
	merged := maps.Clone(have)
	if merged == nil && len(add) > 0 {
		merged = map[string]string{}
	}
	seen := map[string]bool{}
	for _, t := range add {
		k := deref(t.Key)
		lower := strings.ToLower(k)
		switch {
		case strings.HasPrefix(lower, "aws:"):
			return nil, fault("InvalidInputException", "The tag key %q begins with aws:, which is reserved.", k)
		case seen[lower]:
			return nil, fault("InvalidInputException", "Duplicate tag keys found. Please note that Tag keys are case insensitive.")
		}
		seen[lower] = true
		maps.DeleteFunc(merged, func(old, _ string) bool { return strings.ToLower(old) == lower })
		merged[k] = deref(t.Value)
	}
	if len(merged) > maxTags {
		return nil, fault("LimitExceededException", "The number of tags has reached the maximum limit of %d.", maxTags)
	}
	return merged, nil
}

func dropTags(have map[string]string, names []string) {
	for _, name := range names {
		maps.DeleteFunc(have, func(k, _ string) bool { return strings.EqualFold(k, name) })
	}
}
