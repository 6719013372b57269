package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/policy"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getAccountSummary counts what is in the account, beside its quotas.
func (s *Service) getAccountSummary() service.Operation {
	return service.Handle("GetAccountSummary", onNothing,
		func(ctx context.Context, _ *service.Call, _ *service.None) (*iamapi.GetAccountSummaryResponse, error) {
			h, err := readHolders(s.read(ctx))
			if err != nil {
				return nil, err
			}
			own, err := all[identity.ManagedPolicy](s.read(ctx), policyRecords)
			if err != nil {
				return nil, err
			}
			profiles, err := all[profileRecord](s.read(ctx), profileKey(""))
			if err != nil {
				return nil, err
			}
			providers, err := all[identity.OIDCProvider](s.read(ctx), identity.OIDCKey(""))
			if err != nil {
				return nil, err
			}
			devices, err := all[identity.MFADevice](s.read(ctx), identity.MFAKey(""))
			if err != nil {
				return nil, err
			}
			enabled := 0
			for _, d := range devices {
				if d.Enabled != nil {
					enabled++
				}
			}
			versions := 0
			for _, p := range own {
				versions += len(p.Versions)
			}
			summary := quotas()
			for name, n := range map[string]int{
				"Users": len(h.users), "Groups": len(h.groups), "Roles": len(h.roles), "Policies": len(own), "PolicyVersionsInUse": versions,
				"InstanceProfiles": len(profiles), "Providers": len(providers), "MFADevices": len(devices), "MFADevicesInUse": enabled, "AccountMFAEnabled": 0,
				"AccountAccessKeysPresent": 0, "AccountSigningCertificatesPresent": 0, "ServerCertificates": 0,
			} {
				summary[name] = int64(n)
			}
			return &iamapi.GetAccountSummaryResponse{SummaryMap: summary}, nil
		})
}

// quotas are the limits that this service holds.
func quotas() map[string]int64 {
	return map[string]int64{
		"AccessKeysPerUserQuota": maxAccessKeys, "GroupsPerUserQuota": maxGroups, "AttachedPoliciesPerUserQuota": maxAttached,
		"AttachedPoliciesPerGroupQuota": maxAttached, "AttachedPoliciesPerRoleQuota": maxAttached, "VersionsPerPolicyQuota": maxVersions,
		"UsersQuota": int64(usersQuota.most), "GroupsQuota": int64(groupsQuota.most), "RolesQuota": int64(rolesQuota.most),
		"PoliciesQuota": int64(policiesQuota.most), "InstanceProfilesQuota": int64(profilesQuota.most),
		"PolicySizeQuota": policy.LimitManaged, "UserPolicySizeQuota": policy.LimitUserInline, "GroupPolicySizeQuota": policy.LimitGroupInline,
		"RolePolicySizeQuota": policy.LimitRoleInline, "AssumeRolePolicySizeQuota": policy.LimitTrust,
	}
}
