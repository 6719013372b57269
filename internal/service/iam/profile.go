package iam

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// profileRecord is an instance profile as the store keeps it.
type profileRecord struct {
	Name, Path, ID string
	Created        time.Time
	Role           string            `json:",omitempty"` // its name
	Tags           map[string]string `json:",omitempty"`
}

func profileKey(name string) string { return "iamprofile/" + strings.ToLower(name) }

func profile(from getter, name string) (*profileRecord, error) {
	return fetch[profileRecord](from, profileKey(name), missing("Instance Profile %s cannot be found.", name))
}

func (s *Service) changeProfile(ctx context.Context, name string, fn func(store.Tx, *profileRecord) error) error {
	return s.update(ctx, func(tx store.Tx) error {
		p, err := profile(tx, name)
		if err != nil {
			return err
		}
		if err := fn(tx, p); err != nil {
			return err
		}
		return store.Write(tx, profileKey(p.Name), p)
	})
}

// profilesOf lists the instance profiles that hold a role.
func profilesOf(from ranger, role string) ([]profileRecord, error) {
	list, err := all[profileRecord](from, profileKey(""))
	return slices.DeleteFunc(list, func(p profileRecord) bool { return p.Role != role }), err
}

func (s *Service) profileShape(from getter, p *profileRecord) (*iamapi.InstanceProfile, error) {
	shape := &iamapi.InstanceProfile{
		InstanceProfileName: &p.Name, InstanceProfileId: &p.ID, Path: &p.Path, Arn: new(s.directory.ARN("instance-profile", p.Path, p.Name)),
		CreateDate: &p.Created, Roles: []iamapi.Role{}, Tags: tagList(p.Tags),
	}
	if p.Role == "" {
		return shape, nil
	}
	r, err := fetch[identity.Role](from, identity.RoleKey(p.Role), missing("The role with name %s cannot be found.", p.Role))
	if err != nil {
		return nil, err
	}
	shape.Roles = append(shape.Roles, s.briefRole(r))
	return shape, nil
}

func (s *Service) profileShapes(from getter, list []profileRecord) ([]iamapi.InstanceProfile, error) {
	shapes := []iamapi.InstanceProfile{}
	for i := range list {
		shape, err := s.profileShape(from, &list[i])
		if err != nil {
			return nil, err
		}
		shapes = append(shapes, *shape)
	}
	return shapes, nil
}

// onProfile is the access of operations on an instance profile.
func onProfile[In any](s *Service, name func(*In) *string, more ...func(*In) keys) accessTo[In] {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		p, err := profile(s.read(ctx), deref(name(in)))
		if err != nil {
			if !isFault(err) {
				return nil, err
			}
			p = &profileRecord{Name: deref(name(in)), Path: "/"}
		}
		return check(call, "instance-profile"+p.Path+p.Name, p.Tags, gather(in, more)...), nil
	}
}
