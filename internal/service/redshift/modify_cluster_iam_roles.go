package redshift

import (
	"context"
	"errors"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/redshiftapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// mostRoles is how many roles a cluster may have.
const mostRoles = 50

func (s *Service) modifyClusterIamRoles() service.Operation {
	return service.Handle("ModifyClusterIamRoles",
		func(_ context.Context, call *service.Call, in *redshiftapi.ModifyClusterIamRolesMessage) ([]service.Check, error) {
			checks := onCluster(call, in.ClusterIdentifier)
			passed := slices.Clone(in.AddIamRoles)
			if in.DefaultIamRoleArn != nil && *in.DefaultIamRoleArn != "" {
				passed = append(passed, *in.DefaultIamRoleArn)
			}
			for _, role := range passed {
				checks = append(checks, service.Check{Action: "iam:PassRole", Resource: role, Keys: map[string][]string{"iam:PassedToService": {"redshift.amazonaws.com"}}})
			}
			return checks, nil
		}, s.modifyClusterIamRolesDo)
}

func (s *Service) modifyClusterIamRolesDo(ctx context.Context, call *service.Call, in *redshiftapi.ModifyClusterIamRolesMessage) (*redshiftapi.ModifyClusterIamRolesResult, error) {
	c, err := s.find(*in.ClusterIdentifier)
	if err != nil {
		return nil, err
	}
	for _, role := range append(slices.Clone(in.AddIamRoles), in.RemoveIamRoles...) {
		if !isRole(role) {
			return nil, invalid("%q is not the ARN of a role, such as arn:aws:iam::111122223333:role/redshift-copy.", role)
		}
		if slices.Contains(in.AddIamRoles, role) && slices.Contains(in.RemoveIamRoles, role) {
			return nil, &wire.Error{Code: "InvalidParameterCombination", Message: "A role cannot be added and removed by one call: " + role, Status: 400}
		}
	}
	_, err = s.Store.Update(ctx, func(tx store.Tx) error {
		r, err := store.Read[roles](tx, rolesKeys+c.Identifier)
		if errors.Is(err, store.ErrNotFound) {
			r, err = roles{Roles: c.Roles}, nil
		}
		if err != nil {
			return err
		}
		if err := r.change(in); err != nil {
			return err
		}
		return store.Write(tx, rolesKeys+c.Identifier, r)
	})
	if err != nil {
		return nil, err
	}
	shown, err := s.show(ctx, call, c)
	if err != nil {
		return nil, err
	}
	return &redshiftapi.ModifyClusterIamRolesResult{Cluster: shown}, nil
}

func (r *roles) change(in *redshiftapi.ModifyClusterIamRolesMessage) error {
	kept := slices.DeleteFunc(slices.Clone(r.Roles), func(role string) bool { return slices.Contains(in.RemoveIamRoles, role) })
	for _, role := range in.AddIamRoles {
		if !slices.Contains(kept, role) {
			kept = append(kept, role)
		}
	}
	if len(kept) > mostRoles {
		return invalid("A cluster has at most %d roles.", mostRoles)
	}
	r.Roles = kept
	if in.DefaultIamRoleArn != nil {
		r.Default = *in.DefaultIamRoleArn
	}
	switch {
	case r.Default == "" || slices.Contains(kept, r.Default):
	case in.DefaultIamRoleArn != nil && *in.DefaultIamRoleArn != "":
		return invalid("The default role %s must be one of the cluster's.", r.Default)
	default: // it was removed
		r.Default = ""
	}
	return nil
}
