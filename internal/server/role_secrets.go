package server

import (
	"context"
	"fmt"
	"time"

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
	cluster   cluster
	now       func() time.Time
}

// roleSecrets makes one of the server's parts.
func (p *parts) roleSecrets() (*roleSecrets, error) {
	api, err := secretsmanager.New(p.store, p.vault)
	if err != nil {
		return nil, err
	}
	return &roleSecrets{p.store, api, p.directory, p.policies, p.cluster, p.config.Now}, nil
}

// Check implements dms.Secrets.
func (r *roleSecrets) Check(ctx context.Context, call *service.Call, id string) service.Check {
	as := *call
	as.Service = &secretsmanagerapi.Service
	return secretsmanager.CheckOf(ctx, r.store, &as, "secretsmanager:DescribeSecret", id)
}

// Value implements dms.Secrets.
func (r *roleSecrets) Value(ctx context.Context, role, id string) ([]byte, error) {
	dms := "arn:" + r.cluster.Partition + ":dms:" + r.cluster.Region + ":" + r.cluster.Account + ":endpoint:*"
	roles := identity.ServiceRoles{Directory: r.directory, Region: r.cluster.Region, Now: r.now}
	if err := roles.Lets(ctx, role, "dms."+r.cluster.Region+".amazonaws.com", dms, nil); err != nil {
		return nil, denied("The role %s cannot be assumed. %v", role, err)
	}
	record, ok := r.directory.RoleByARN(role)
	if !ok {
		return nil, denied("The role %s has just been deleted.", role)
	}
	model := r.api.Model
	op := r.api.Operation("GetSecretValue")
	call := &service.Call{
		Service: model, Operation: model.Operation(op.Name), Principal: r.directory.PrincipalOfRole(record, "dms-session"),
		Partition: r.cluster.Partition, Region: r.cluster.Region, Account: r.cluster.Account, Now: r.now(),
		Source: service.Source{TLS: "in process"}, // no wire is safer
	}
	call.Check = func(ctx context.Context, checks ...service.Check) error {
		denial, err := r.policies.Authorize(ctx, call, checks)
		if err != nil || denial == "" {
			return err
		}
		return denied("%s", denial)
	}
	in := &secretsmanagerapi.GetSecretValueRequest{SecretId: &id}
	if err := model.Validate(wire.JSON11, call.Operation, in); err != nil {
		return nil, err
	}
	checks, err := op.Access(ctx, call, in)
	if err != nil {
		return nil, err
	}
	if err := call.Check(ctx, checks...); err != nil {
		return nil, err
	}
	out, err := op.Do(ctx, call, in)
	if err != nil {
		return nil, err
	}
	answer, ok := out.(*secretsmanagerapi.GetSecretValueResponse)
	switch {
	case !ok:
		return nil, fmt.Errorf("read secret %s: Secrets Manager answers %T", id, out)
	case answer.SecretString != nil:
		return []byte(*answer.SecretString), nil
	}
	return answer.SecretBinary, nil
}

func denied(form string, args ...any) error {
	return wire.AccessDenied.New(wire.JSON11, form, args...)
}
