package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/service/dms"
	"github.com/whimbreldb/whimbrel/internal/service/kms"
)

var (
	_ dms.Vault = invokedVault{}
	_ dms.Roles = invokedRoles{}
)

// invoker is who calls other services for DMS, as it stands in the audit trail.
const invoker = "dms.amazonaws.com"

// session is the name of DMS's sessions in roles.
const session = "dms-session"

// invocations are the calls that DMS makes of other services without the wire between. Each has its record, and what cannot be recorded is not
// done.
type invocations struct {
	trail   edge.Recorder
	cluster cluster
	now     func() time.Time
}

func (p *parts) invocations() invocations {
	return invocations{p.trail, p.cluster, p.config.Now}
}

// call makes a call of no one yet: as such it is DMS's own.
func (i *invocations) call(model *wire.Service, operation string) *service.Call {
	return &service.Call{
		Service: model, Operation: model.Operation(operation), Partition: i.cluster.Partition, Region: i.cluster.Region, Account: i.cluster.Account, Now: i.now(),
		Source: service.Source{TLS: true}, // no wire is safer
	}
}

func (i *invocations) ready(call *service.Call) error {
	if err := i.trail.Ready(); err != nil {
		return fmt.Errorf("nothing can be recorded in the audit trail, so %s is not called: %w", call.Operation.Name, err)
	}
	return nil
}

// record records a call; failed is how it ended.
func (i *invocations) record(call *service.Call, in any, touched []string, failed error) error {
	if err := i.trail.Record(edge.Invoked(call, invoker, in, touched, failed)); err != nil {
		return fmt.Errorf("record a call of %s: %w", call.Operation.Name, err)
	}
	return nil
}

// assumed records that DMS has assumed a role, or why it was not let.
func (i *invocations) assumed(role string, refused error) error {
	in := &stsapi.AssumeRoleRequest{RoleArn: &role, RoleSessionName: ptr(session)}
	return i.record(i.call(&stsapi.Service, "AssumeRole"), in, []string{role}, refused)
}

func ptr[T any](v T) *T { return &v }

// invokedVault is KMS as DMS calls it.
type invokedVault struct {
	*kms.Vault
	invocations
}

// Encrypt implements dms.Vault.
func (v invokedVault) Encrypt(ctx context.Context, region, key string, plain []byte, bound map[string]string) (blob []byte, arn string, err error) {
	call := v.call(&kmsapi.Service, "Encrypt")
	if err := v.ready(call); err != nil {
		return nil, "", err
	}
	blob, arn, err = v.Vault.Encrypt(ctx, region, key, plain, bound)
	in := &kmsapi.EncryptRequest{KeyId: &key, EncryptionContext: bound, EncryptionAlgorithm: ptr(symmetric)}
	if failed := v.record(call, in, touchedKey(arn), err); failed != nil {
		return nil, "", failed
	}
	return blob, arn, err
}

// Decrypt implements dms.Vault.
func (v invokedVault) Decrypt(ctx context.Context, region string, blob []byte, bound map[string]string) (plain []byte, arn string, err error) {
	call := v.call(&kmsapi.Service, "Decrypt")
	if err := v.ready(call); err != nil {
		return nil, "", err
	}
	plain, arn, err = v.Vault.Decrypt(ctx, region, blob, bound)
	in := &kmsapi.DecryptRequest{EncryptionContext: bound, EncryptionAlgorithm: ptr(symmetric)}
	if arn != "" {
		in.KeyId = &arn
	}
	if failed := v.record(call, in, touchedKey(arn), err); failed != nil {
		return nil, "", failed
	}
	return plain, arn, err
}

// symmetric is the algorithm of all keys here, as KMS names it.
const symmetric = "SYMMETRIC_DEFAULT"

func touchedKey(arn string) []string {
	if arn == "" {
		return nil
	}
	return []string{arn}
}

// invokedRoles are roles as DMS assumes them.
type invokedRoles struct {
	identity.ServiceRoles
	invocations
}

// Lets implements dms.Roles. Whether the role may be assumed is one question, what may be done in it another.
func (r invokedRoles) Lets(ctx context.Context, role, name, source string, what map[string][]string) error {
	if err := r.ready(r.call(&stsapi.Service, "AssumeRole")); err != nil {
		return err
	}
	refused := r.ServiceRoles.Lets(ctx, role, name, source, nil)
	var told error
	if refused != nil {
		told = denied("The role %s cannot be assumed. %v", role, refused)
	}
	if failed := r.assumed(role, told); failed != nil || refused != nil {
		return errors.Join(failed, refused)
	}
	return r.ServiceRoles.Lets(ctx, role, name, source, what)
}
