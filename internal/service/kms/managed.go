package kms

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// managedServices are the services with a key of their own, alias/aws/NAME, made when it is first used.
var managedServices = []string{"acm", "dms", "iam", "secretsmanager"}

// ManagedKey answers the ARN of a service's AWS managed key, and makes the key on first use.
func (v *Vault) ManagedKey(ctx context.Context, region, service string) (string, error) {
	name := "alias/aws/" + service
	k, err := v.key(ctx, region, name)
	if err == nil {
		return k.ARN, nil
	}
	exists, err := store.Exists(reader{ctx, v.store}, aliasPath(region, name))
	if err != nil {
		return "", err
	}
	if exists { // another has made it meanwhile, or its key cannot be had
		if k, err = v.key(ctx, region, name); err != nil {
			return "", err
		}
		return k.ARN, nil
	}
	var arn string
	_, err = v.store.Update(ctx, func(tx store.Tx) error {
		k, err := v.find(tx, region, name)
		if err == nil {
			arn = k.ARN // another was faster
			return nil
		}
		k, err = v.newKey(region, v.managedPolicy(region, service), "Default key that protects what "+service+" stores when no other key is named")
		if err != nil {
			return err
		}
		k.Managed, arn = service, k.ARN
		k.Rotation = &rotation{Days: defaultRotation, Next: k.Created.AddDate(0, 0, defaultRotation)}
		return errors.Join(
			store.Write(tx, keyPath(region, k.ID), k),
			store.Write(tx, aliasPath(region, name), aliasRecord{Name: name, Target: k.ID, Created: k.Created, Updated: k.Created}))
	})
	if err != nil {
		return "", fmt.Errorf("make the key %s: %w", name, err)
	}
	return arn, nil
}

// managedPolicy is the key policy of an AWS managed key: use through the service, description by the account.
func (v *Vault) managedPolicy(region, service string) string {
	return strings.NewReplacer("$ACCOUNT", v.home.Account, "$SERVICE", service, "$REGION", region, "$PARTITION", v.home.Partition).Replace(`{
  "Version": "2012-10-17",
  "Id": "auto-$SERVICE-1",
  "Statement": [{
    "Sid": "Allow use through the service for all principals in the account that may use it",
    "Effect": "Allow",
    "Principal": {"AWS": "*"},
    "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:CreateGrant", "kms:DescribeKey"],
    "Resource": "*",
    "Condition": {"StringEquals": {"kms:CallerAccount": "$ACCOUNT", "kms:ViaService": "$SERVICE.$REGION.amazonaws.com"}}
  }, {
    "Sid": "Allow direct access to key metadata to the account",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:$PARTITION:iam::$ACCOUNT:root"},
    "Action": ["kms:Describe*", "kms:Get*", "kms:List*", "kms:RevokeGrant"],
    "Resource": "*"
  }]
}`)
}

// defaultPolicy leaves the decision about a key to the account's identity policies.
func (v *Vault) defaultPolicy() string {
	return strings.NewReplacer("$ACCOUNT", v.home.Account, "$PARTITION", v.home.Partition).Replace(`{
  "Version": "2012-10-17",
  "Id": "key-default-1",
  "Statement": [{
    "Sid": "Enable IAM User Permissions",
    "Effect": "Allow",
    "Principal": {"AWS": "arn:$PARTITION:iam::$ACCOUNT:root"},
    "Action": "kms:*",
    "Resource": "*"
  }]
}`)
}

// newKey makes a key with its first material; the caller writes it.
func (v *Vault) newKey(region, policy, description string) (*keyRecord, error) {
	k := &keyRecord{ID: newUUID(), Account: v.home.Account, Created: v.now().UTC(), Description: description, Policy: policy}
	k.ARN = v.arn(region, "key/"+k.ID)
	return k, v.newMaterial(k, false)
}

// IsManaged reports that a key is an AWS managed one, which services use for all their callers.
func (v *Vault) IsManaged(ctx context.Context, region, key string) (bool, error) {
	k, err := v.key(ctx, region, key)
	if err != nil {
		return false, err
	}
	return k.Managed != "", nil
}

// Usable answers the ARN of a key, named by its ID, ARN or alias, if it may be used for cryptography now.
func (v *Vault) Usable(ctx context.Context, region, key string) (string, error) {
	k, err := v.key(ctx, region, key)
	if err != nil {
		return "", err
	}
	return k.ARN, k.usable()
}
