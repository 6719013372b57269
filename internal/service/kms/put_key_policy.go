package kms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// putKeyPolicy replaces the policy of a key.
func (s *Service) putKeyPolicy() service.Operation {
	return service.Handle("PutKeyPolicy", onKey(s, "PutKeyPolicy", func(in *kmsapi.PutKeyPolicyRequest) *string { return in.KeyId }),
		func(ctx context.Context, call *service.Call, in *kmsapi.PutKeyPolicyRequest) (*service.None, error) {
			if name := or(in.PolicyName, "default"); name != "default" {
				return nil, notFound("No such policy exists: " + name)
			}
			_, err := s.change(ctx, call, in.KeyId, func(_ store.Tx, k *keyRecord) error {
				if err := k.changeable(); err != nil {
					return err
				}
				k.Policy = deref(in.Policy)
				return checkPolicy(call, k.Policy, k.ARN, in.BypassPolicyLockoutSafetyCheck)
			})
			return &service.None{}, err
		})
}

// checkPolicy refuses a key policy that is malformed, or under which the caller could not change it again.
func checkPolicy(call *service.Call, document, arn string, bypass *bool) error {
	p, err := policy.Parse(document, policy.Resource, policy.LimitKey)
	if err != nil {
		return policyError(err)
	}
	if bypass != nil && *bypass {
		return nil
	}
	who := policy.Principal{Type: policy.User, Account: call.Principal.Account, ARN: call.Principal.ARN, RoleARN: call.Principal.RoleARN}
	switch call.Principal.Kind {
	case service.Root:
		who.Type = policy.Root
	case service.AssumedRole:
		who.Type = policy.Role
	case service.FederatedUser:
		who.Type = policy.FederatedUser
	}
	everything, err := policy.Parse(`{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}`, policy.Identity, 0)
	if err != nil {
		return err
	}
	keys := policy.NewContext()
	keys.Set("kms:CallerAccount", call.Principal.Account)
	keys.Set("aws:ResourceAccount", call.Account)
	all := []*policy.Policy{everything}
	d := policy.Decide(&policy.Policies{Resource: p, Identity: all, Session: all},
		&policy.Request{Action: "kms:PutKeyPolicy", Resource: arn, Principal: who, NeedsResourcePolicy: true, Keys: keys})
	if !d.Allowed {
		return kmsapi.Service.NewError("MalformedPolicyDocumentException", "The new key policy will not allow you to update the key policy in the future.")
	}
	return nil
}
