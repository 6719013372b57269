package kms

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// grantOperations are what a grant may allow on a symmetric key.
var grantOperations = []string{"Decrypt", "Encrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "ReEncryptFrom", "ReEncryptTo", "CreateGrant", "RetireGrant", "DescribeKey"}

// createGrant lets a principal use a key without a change of policies.
func (s *Service) createGrant() service.Operation {
	return service.Handle("CreateGrant",
		func(ctx context.Context, call *service.Call, in *kmsapi.CreateGrantRequest) ([]service.Check, error) {
			keys := map[string][]string{"kms:GrantOperations": in.Operations}
			for key, value := range map[string]*string{"kms:GranteePrincipal": in.GranteePrincipal, "kms:RetiringPrincipal": in.RetiringPrincipal} {
				if value != nil {
					keys[key] = []string{*value}
				}
			}
			if c := in.Constraints; c != nil {
				switch {
				case c.EncryptionContextEquals != nil:
					keys["kms:GrantConstraintType"] = []string{"EncryptionContextEquals"}
				case c.EncryptionContextSubset != nil:
					keys["kms:GrantConstraintType"] = []string{"EncryptionContextSubset"}
				}
			}
			keys["kms:GrantIsForAWSResource"] = []string{"false"}
			return s.checks(ctx, call, use{action: "CreateGrant", operation: "CreateGrant", key: deref(in.KeyId), keys: keys})
		}, s.createGrantDo)
}

func (s *Service) createGrantDo(ctx context.Context, call *service.Call, in *kmsapi.CreateGrantRequest) (*kmsapi.CreateGrantResponse, error) {
	g, err := newGrant(call, in)
	if err != nil {
		return nil, err
	}
	_, err = s.store.Update(ctx, func(tx store.Tx) error {
		k, err := s.vault.find(tx, call.Region, deref(in.KeyId))
		if err != nil {
			return err
		}
		if err := k.usable(); err != nil {
			return err
		}
		if err := dryRun(in.DryRun); err != nil {
			return err
		}
		g.Key = k.ID
		if err := room(tx, grantPath(call.Region, k.ID, ""), mostKeyGrants, "grants on the key"); err != nil {
			return err
		}
		if err := room(tx, "kms/"+call.Region+"/grant/", mostGrants, "grants in the account"); err != nil {
			return err
		}
		return store.Write(tx, grantPath(call.Region, k.ID, g.ID), g)
	})
	if err != nil {
		return nil, err
	}
	return &kmsapi.CreateGrantResponse{GrantId: &g.ID, GrantToken: &g.Token}, nil
}

func newGrant(call *service.Call, in *kmsapi.CreateGrantRequest) (*grantRecord, error) {
	if (in.GranteePrincipal == nil) == (in.GranteeServicePrincipal == nil) {
		return nil, invalid("a grant is for one grantee; want GranteePrincipal or GranteeServicePrincipal")
	}
	if g := deref(in.GranteePrincipal); g != "" && !policy.ValidPrincipal(g) {
		return nil, kmsapi.Service.NewError("InvalidArnException", "%s is no principal's ARN", g)
	}
	for _, op := range in.Operations {
		if !slices.Contains(grantOperations, op) {
			return nil, invalid("a grant on a symmetric key cannot allow %s; it can allow %s", op, strings.Join(grantOperations, ", "))
		}
	}
	var raw [64]byte
	_, _ = rand.Read(raw[:])
	g := &grantRecord{
		ID: hex.EncodeToString(raw[:32]), Token: base64.RawURLEncoding.EncodeToString(raw[32:]), Name: deref(in.Name), Created: call.Now.UTC(),
		Grantee: deref(in.GranteePrincipal), Retiring: deref(in.RetiringPrincipal), GranteeService: deref(in.GranteeServicePrincipal),
		RetiringService: deref(in.RetiringServicePrincipal), Operations: in.Operations, Issuer: call.Principal.Account,
	}
	if c := in.Constraints; c != nil {
		if c.EncryptionContextEquals != nil && c.EncryptionContextSubset != nil {
			return nil, invalid("a grant has EncryptionContextEquals or EncryptionContextSubset, not both")
		}
		g.Equals, g.Subset, g.SourceARN = c.EncryptionContextEquals, c.EncryptionContextSubset, deref(c.SourceArn)
	}
	return g, nil
}
