package own

import (
	"context"
	"maps"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/whimbrelapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy/action"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Known completes a check of another service's resource with what is known of it: tags, condition keys, its policy.
type Known func(ctx context.Context, call *service.Call, check service.Check) (service.Check, error)

// check is what the explained call would ask. What the request says comes before what is known.
func (s *Service) check(ctx context.Context, call *service.Call, in *whimbrelapi.ExplainAccessRequest) (service.Check, error) {
	c := service.Check{Action: *in.Action, Resource: "*"}
	if in.Resource != nil {
		c.Resource = *in.Resource
	}
	c = s.ofIAM(c)
	if parts := strings.SplitN(c.Resource, ":", 6); len(parts) == 6 {
		if known := s.known[parts[2]]; known != nil {
			var err error
			if c, err = known(ctx, call, c); err != nil {
				return c, err
			}
		}
	}
	keys := maps.Clone(in.Context)
	for k, v := range c.Keys {
		if keys == nil {
			keys = map[string][]string{}
		}
		if _, said := keys[k]; !said {
			keys[k] = v
		}
	}
	c.Keys = keys
	return c, nil
}

// ofIAM completes a check of a user or a role; a call of STS on a role is for its trust policy to allow.
func (s *Service) ofIAM(c service.Check) service.Check {
	if r, ok := s.directory.RoleByARN(c.Resource); ok {
		c.Tags = r.Tags
		if strings.HasPrefix(strings.ToLower(c.Action), "sts:") {
			c.Policy = &service.ResourcePolicy{Document: r.Trust, Trust: true, Required: true}
		}
	} else if u, ok := s.directory.User(identity.NameOf(c.Resource)); ok && s.directory.ARN("user", u.Path, u.Name) == c.Resource {
		c.Tags = u.Tags
	}
	return c
}

// notes warn of what no policy shows: a key that is refused anyway, an action that does not exist.
func (s *Service) notes(in *whimbrelapi.ExplainAccessRequest) []string {
	var notes []string
	if in.AccessKeyId != nil {
		if key, ok := s.directory.AccessKey(*in.AccessKeyId); ok && !key.Active {
			notes = append(notes, "The access key is inactive: calls signed with it are refused before any policy is asked.")
		}
	}
	vendor, operation, _ := strings.Cut(*in.Action, ":")
	table, err := action.Load()
	if err != nil || !strings.EqualFold(vendor, "dms") || table.Known(*in.Action) {
		return notes
	}
	if real, ok := table.Action(operation); ok {
		return append(notes, "There is no action "+*in.Action+": the operation "+operation+" is authorized as "+real+".")
	}
	return append(notes, "There is no action "+*in.Action+".")
}
