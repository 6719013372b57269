package iam

import (
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// A quota bounds how many of something the account has, so that nobody fills the store that all of the state lies in.
type quota struct {
	name, prefix string
	most         int
}

// The quotas of the account: what AWS allows once it has been asked for more, as nobody can be asked here.
var (
	usersQuota     = quota{"UsersPerAccount", identity.UserKey(""), 5000}
	groupsQuota    = quota{"GroupsPerAccount", identity.GroupKey(""), 500}
	rolesQuota     = quota{"RolesPerAccount", identity.RoleKey(""), 5000}
	policiesQuota  = quota{"PoliciesPerAccount", policyRecords, 5000}
	profilesQuota  = quota{"InstanceProfilesPerAccount", profileKey(""), 5000}
	providersQuota = quota{"OpenIdConnectProvidersPerAccount", identity.OIDCKey(""), 700}
	devicesQuota   = quota{"VirtualMfaDevicesPerAccount", identity.MFAKey(""), 5000} // as many as users
)

// createWithin writes a record that must not be there yet, where there is room for it.
func createWithin(tx store.Tx, q *quota, key string, v any, already error) error {
	if err := create(tx, key, v, already); err != nil {
		return err
	}
	have, err := store.Count(tx, q.prefix) // with the new one
	if err != nil {
		return err
	}
	if have > q.most {
		return tooMany(q.name, q.most)
	}
	return nil
}
