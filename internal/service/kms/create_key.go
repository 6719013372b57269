package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createKey makes a customer managed symmetric key.
func (s *Service) createKey() service.Operation {
	return service.Handle("CreateKey",
		func(_ context.Context, call *service.Call, in *kmsapi.CreateKeyRequest) ([]service.Check, error) {
			keys := tagKeys(in.Tags)
			keys["kms:KeySpec"], keys["kms:KeyUsage"], keys["kms:KeyOrigin"] = []string{or(in.KeySpec, algorithm)}, []string{or(in.KeyUsage, "ENCRYPT_DECRYPT")}, []string{or(in.Origin, "AWS_KMS")}
			keys["kms:CallerAccount"] = []string{call.Principal.Account}
			checks := []service.Check{{Action: "kms:CreateKey", Resource: "*", Keys: keys}}
			if len(in.Tags) > 0 {
				checks = append(checks, service.Check{Action: "kms:TagResource", Resource: s.vault.arn(call.Region, "key/*"), Keys: keys})
			}
			return checks, nil
		},
		func(ctx context.Context, call *service.Call, in *kmsapi.CreateKeyRequest) (*kmsapi.CreateKeyResponse, error) {
			if err := onlySymmetric(in); err != nil {
				return nil, err
			}
			tags, err := mergeTags(nil, in.Tags)
			if err != nil {
				return nil, err
			}
			document := s.vault.defaultPolicy()
			if in.Policy != nil {
				document = *in.Policy
				if err := checkPolicy(call, document, s.vault.arn(call.Region, "key/new"), in.BypassPolicyLockoutSafetyCheck); err != nil {
					return nil, err
				}
			}
			k, err := s.vault.newKey(call.Region, document, deref(in.Description))
			if err != nil {
				return nil, err
			}
			k.Tags = tags
			if _, err := s.store.Update(ctx, func(tx store.Tx) error {
				if err := room(tx, keyPath(call.Region, ""), mostKeys, "keys in the account"); err != nil {
					return err
				}
				return store.Write(tx, keyPath(call.Region, k.ID), k)
			}); err != nil {
				return nil, err
			}
			return &kmsapi.CreateKeyResponse{KeyMetadata: k.metadata()}, nil
		})
}

// onlySymmetric refuses the kinds of keys that are not here, by name.
func onlySymmetric(in *kmsapi.CreateKeyRequest) error {
	spec := or(in.KeySpec, or(in.CustomerMasterKeySpec, algorithm))
	switch {
	case spec != algorithm:
		return unsupported("KeySpec %s is not supported; SYMMETRIC_DEFAULT is", spec)
	case or(in.KeyUsage, "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
		return unsupported("KeyUsage %s is not supported; ENCRYPT_DECRYPT is", *in.KeyUsage)
	case or(in.Origin, "AWS_KMS") != "AWS_KMS" || in.CustomKeyStoreId != nil || in.XksKeyId != nil:
		return unsupported("imported material and custom key stores are not supported; Origin AWS_KMS is")
	case deref(in.MultiRegion):
		return unsupported("multi-Region keys are not supported")
	}
	return nil
}

func or(p *string, usual string) string {
	if p == nil {
		return usual
	}
	return *p
}

// metadata describes a key to callers.
func (k *keyRecord) metadata() *kmsapi.KeyMetadata {
	manager := "CUSTOMER"
	if k.Managed != "" {
		manager = "AWS"
	}
	return &kmsapi.KeyMetadata{
		AWSAccountId: &k.Account, KeyId: &k.ID, Arn: &k.ARN, CreationDate: &k.Created, Description: &k.Description,
		Enabled: new(k.state() == stateEnabled), KeyState: new(k.state()), KeyUsage: new("ENCRYPT_DECRYPT"), KeyManager: &manager,
		Origin: new("AWS_KMS"), KeySpec: new(algorithm), CustomerMasterKeySpec: new(algorithm), EncryptionAlgorithms: []string{algorithm},
		MultiRegion: new(false), DeletionDate: k.Deletion, CurrentKeyMaterialId: &k.current().ID,
	}
}
