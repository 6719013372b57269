package server

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/secretsmanager"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// roleSecrets reads secrets for DMS, in the roles that endpoints name: a role must trust dms.REGION.amazonaws.com, and what
// it may read, its policies and those of the secret and of its key decide, as for any caller.
type roleSecrets struct {
	store     store.Store
	api       *service.Service // Secrets Manager
	directory *identity.Directory
	policies  *edge.Policies
	invocations
}

// roleSecrets makes one of the server's parts.
func (p *parts) roleSecrets() (*roleSecrets, error) {
	api, err := secretsmanager.New(p.store, p.vault)
	if err != nil {
		return nil, err
	}
	return &roleSecrets{p.store, api, p.directory, p.policies, p.invocations()}, nil
}

// Check implements dms.Secrets.
func (r *roleSecrets) Check(ctx context.Context, call *service.Call, id string) service.Check {
	as := *call
	as.Service = &secretsmanagerapi.Service
	return secretsmanager.CheckOf(ctx, r.store, &as, "secretsmanager:DescribeSecret", id)
}

// Value implements dms.Secrets. What cannot be recorded is not read.
func (r *roleSecrets) Value(ctx context.Context, role, id string) ([]byte, error) {
	in := &secretsmanagerapi.GetSecretValueRequest{SecretId: &id}
	call := r.call(r.api.Model, "GetSecretValue")
	if err := r.ready(call); err != nil {
		return nil, err
	}
	if err := r.assume(ctx, role); err != nil {
		return nil, err
	}
	record, ok := r.directory.RoleByARN(role)
	if !ok {
		return nil, denied("The role %s has just been deleted.", role)
	}
	call.Principal = r.directory.PrincipalOfRole(record, session)
	touched, value, err := r.read(ctx, call, in)
	if failed := r.record(call, in, touched, err); failed != nil {
		return nil, failed
	}
	return value, err
}

// assume asks the role's trust policy.
func (r *roleSecrets) assume(ctx context.Context, role string) error {
	dms := "arn:" + r.cluster.Partition + ":dms:" + r.cluster.Region + ":" + r.cluster.Account + ":endpoint:*"
	roles := identity.ServiceRoles{Directory: r.directory, Region: r.cluster.Region, Now: r.now}
	var err error
	if refused := roles.Lets(ctx, role, "dms."+r.cluster.Region+".amazonaws.com", dms, nil); refused != nil {
		err = denied("The role %s cannot be assumed. %v", role, refused)
	}
	if failed := r.assumed(role, err); failed != nil {
		return failed
	}
	return err
}

// read gets the secret as the call's principal, and says what was touched.
func (r *roleSecrets) read(ctx context.Context, call *service.Call, in *secretsmanagerapi.GetSecretValueRequest) (touched []string, value []byte, err error) {
	model, op := r.api.Model, r.api.Operation("GetSecretValue")
	call.Check = func(ctx context.Context, checks ...service.Check) error {
		denial, err := r.policies.Authorize(ctx, call, checks)
		if err != nil || denial == "" {
			return err
		}
		return denied("%s", denial)
	}
	if err := model.Validate(wire.JSON11, call.Operation, in); err != nil {
		return nil, nil, err
	}
	checks, err := op.Access(ctx, call, in)
	if err != nil {
		return nil, nil, err
	}
	for _, c := range checks {
		touched = append(touched, c.Resource)
	}
	if err := call.Check(ctx, checks...); err != nil {
		return touched, nil, err
	}
	out, err := op.Do(ctx, call, in)
	if err != nil {
		return touched, nil, err
	}
	answer, ok := out.(*secretsmanagerapi.GetSecretValueResponse)
	switch {
	case !ok:
		return touched, nil, fmt.Errorf("read secret %s: Secrets Manager answers %T", *in.SecretId, out)
	case answer.SecretString != nil:
		return touched, []byte(*answer.SecretString), nil
	}
	return touched, answer.SecretBinary, nil
}

func denied(form string, args ...any) error {
	return wire.AccessDenied.New(wire.JSON11, form, args...)
}
