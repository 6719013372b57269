package iam

import (
	"context"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// createAccessKey makes a key pair for a user; the secret is shown this once.
func (s *Service) createAccessKey() service.Operation {
	return service.Handle("CreateAccessKey", onUser(s, func(in *iamapi.CreateAccessKeyRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.CreateAccessKeyRequest) (*iamapi.CreateAccessKeyResponse, error) {
			name := callerOr(call, in.UserName)
			k, secret, err := s.directory.NewAccessKey(ctx, name, call.Now)
			if err != nil {
				return nil, err
			}
			err = s.update(ctx, func(tx store.Tx) error {
				u, err := user(tx, name)
				if err != nil {
					return err
				}
				have, err := keysOf(tx, u.Name)
				if err != nil {
					return err
				}
				if len(have) >= maxAccessKeys {
					return tooMany("AccessKeysPerUser", maxAccessKeys)
				}
				k.User = u.Name
				return store.Write(tx, identity.AccessKeyKey(k.ID), k)
			})
			if err != nil {
				return nil, err
			}
			return &iamapi.CreateAccessKeyResponse{AccessKey: &iamapi.AccessKey{
				UserName: &k.User, AccessKeyId: &k.ID, SecretAccessKey: &secret, Status: new(keyStatus(&k)), CreateDate: &k.Created,
			}}, nil
		})
}

const maxAccessKeys = 2

// keysOf lists the access keys of a user.
func keysOf(from ranger, name string) ([]identity.AccessKey, error) {
	keys, err := all[identity.AccessKey](from, identity.AccessKeyKey(""))
	return slices.DeleteFunc(keys, func(k identity.AccessKey) bool { return !strings.EqualFold(k.User, name) }), err
}

func keyStatus(k *identity.AccessKey) string {
	if k.Active {
		return "Active"
	}
	return "Inactive"
}

// accessKey finds a key of a user.
func accessKey(from getter, name, id string) (*identity.AccessKey, error) {
	notThere := missing("The Access Key with id %s cannot be found.", id)
	k, err := fetch[identity.AccessKey](from, identity.AccessKeyKey(id), notThere)
	if err == nil && !strings.EqualFold(k.User, name) {
		return nil, notThere
	}
	return k, err
}
