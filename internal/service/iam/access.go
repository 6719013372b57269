package iam

import (
	"context"
	"maps"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

type keys = map[string][]string

// accessTo is the access part of an operation.
type accessTo[In any] func(context.Context, *service.Call, *In) ([]service.Check, error)

// onNothing is the access of operations about no single resource.
func onNothing[In any](_ context.Context, call *service.Call, _ *In) ([]service.Check, error) {
	return call.OnAny(), nil
}

// check is the check of the call's own action on a resource that has tags.
func check(call *service.Call, resource string, tags map[string]string, more ...keys) []service.Check {
	c := service.Check{Action: call.ActionName(), Resource: call.ARN(resource), Tags: tags, Keys: keys{}}
	for k, v := range tags {
		c.Keys["iam:ResourceTag/"+k] = []string{v}
	}
	for _, m := range more {
		maps.Copy(c.Keys, m)
	}
	return []service.Check{c}
}

// onUser is the access of operations on a user; no name is the caller's own. What is not there is named as it would be.
func onUser[In any](s *Service, name func(*In) *string, more ...func(*In) keys) accessTo[In] {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		who := callerOr(call, name(in))
		u, err := user(s.read(ctx), who)
		if err != nil {
			if !isFault(err) {
				return nil, err
			}
			u = &identity.User{Name: who, Path: "/"}
		}
		checks := check(call, "user"+u.Path+u.Name, u.Tags, gather(in, more)...)
		checks[0].Named = call.ARN("user/" + who)
		if u.Boundary != "" && checks[0].Keys["iam:PermissionsBoundary"] == nil {
			checks[0].Keys["iam:PermissionsBoundary"] = []string{u.Boundary}
		}
		return checks, nil
	}
}

func onGroup[In any](s *Service, name func(*In) *string, more ...func(*In) keys) accessTo[In] {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		g, err := group(s.read(ctx), deref(name(in)))
		if err != nil {
			if !isFault(err) {
				return nil, err
			}
			g = &identity.Group{Name: deref(name(in)), Path: "/"}
		}
		checks := check(call, "group"+g.Path+g.Name, nil, gather(in, more)...)
		checks[0].Named = call.ARN("group/" + g.Name)
		return checks, nil
	}
}

// become is the check of what a user or group is to become, beside that of what it is: whoever renames or moves one needs the
// right to both (docs.aws.amazon.com/IAM/latest/APIReference/API_UpdateUser.html and API_UpdateGroup.html). What the call does not
// change, the tags and the boundary too, goes along.
func become(call *service.Call, kind string, was service.Check, path, name *string) service.Check {
	place := strings.TrimPrefix(was.Resource, call.ARN(kind))
	at := strings.LastIndexByte(place, '/') + 1
	was.Named = ""
	was.Resource = call.ARN(kind + or(path, place[:at]) + or(name, place[at:]))
	return was
}

func onRole[In any](s *Service, name func(*In) *string, more ...func(*In) keys) accessTo[In] {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		r, err := role(s.read(ctx), deref(name(in)))
		if err != nil {
			if !isFault(err) {
				return nil, err
			}
			r = &identity.Role{Name: deref(name(in)), Path: "/"}
		}
		checks := check(call, "role"+r.Path+r.Name, r.Tags, gather(in, more)...)
		checks[0].Named = call.ARN("role/" + r.Name)
		if r.Boundary != "" && checks[0].Keys["iam:PermissionsBoundary"] == nil {
			checks[0].Keys["iam:PermissionsBoundary"] = []string{r.Boundary}
		}
		return checks, nil
	}
}

// onPolicy is the access of operations on a managed policy, named by its ARN.
func onPolicy[In any](s *Service, arn func(*In) *string, more ...func(*In) keys) accessTo[In] {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		name := deref(arn(in))
		c := service.Check{Action: call.ActionName(), Resource: name, Keys: keys{}}
		if name == "" {
			c.Resource = call.ARN("policy/*")
		}
		p, err := s.policy(s.read(ctx), name)
		switch {
		case err == nil:
			c.Tags = p.Tags
			for k, v := range p.Tags {
				c.Keys["iam:ResourceTag/"+k] = []string{v}
			}
		case !isFault(err):
			return nil, err
		}
		for _, m := range gather(in, more) {
			maps.Copy(c.Keys, m)
		}
		return []service.Check{c}, nil
	}
}

func gather[In any](in *In, more []func(*In) keys) []keys {
	list := make([]keys, len(more))
	for i, m := range more {
		list[i] = m(in)
	}
	return list
}

// callerOr is the named user, or the caller when no name is given.
func callerOr(call *service.Call, name *string) string {
	if name != nil {
		return *name
	}
	if call.Principal.Kind == service.User {
		return call.Principal.Name
	}
	return ""
}

// tagKeys are the condition keys of tags that a request brings.
func tagKeys(tags []iamapi.Tag) keys {
	k := keys{}
	for _, t := range tags {
		k["aws:RequestTag/"+deref(t.Key)] = []string{deref(t.Value)}
		k["aws:TagKeys"] = append(k["aws:TagKeys"], deref(t.Key))
	}
	return k
}

func oneKey(name string, value *string) keys {
	if value == nil {
		return keys{}
	}
	return keys{name: {*value}}
}
