package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// addRoleToInstanceProfile puts a role into an instance profile, which holds one; the caller must be allowed to pass it.
func (s *Service) addRoleToInstanceProfile() service.Operation {
	return service.Handle("AddRoleToInstanceProfile", onProfile(s, func(in *iamapi.AddRoleToInstanceProfileRequest) *string { return in.InstanceProfileName }),
		func(ctx context.Context, call *service.Call, in *iamapi.AddRoleToInstanceProfileRequest) (*service.None, error) {
			r, err := role(s.read(ctx), deref(in.RoleName))
			if err != nil {
				return nil, err
			}
			pass := service.Check{Action: "iam:PassRole", Resource: s.directory.ARN("role", r.Path, r.Name), Tags: r.Tags, Keys: keys{"iam:PassedToService": {"ec2.amazonaws.com"}}}
			if err := call.Check(ctx, pass); err != nil {
				return nil, err
			}
			return &service.None{}, s.changeProfile(ctx, deref(in.InstanceProfileName), func(tx store.Tx, p *profileRecord) error {
				now, err := role(tx, r.Name)
				if err == nil && now.ID != r.ID { // what may be passed was decided of another one
					err = missing("The role with name %s cannot be found.", r.Name)
				}
				if err != nil {
					return err
				}
				if p.Role != "" {
					return tooMany("InstanceSessionsPerInstanceProfile", 1)
				}
				p.Role = r.Name
				return nil
			})
		})
}
