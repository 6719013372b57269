package iam

import (
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// New makes the service. The directory is the one that the edge reads; the account is there since the time that is given.
func New(st store.Store, directory *identity.Directory, usage *Usage, factors *identity.Factors, since time.Time) (*service.Service, error) {
	s := &Service{store: st, directory: directory, usage: usage, factors: factors, since: since}
	made, err := service.New(&iamapi.Service,
		s.addClientIDToOpenIDConnectProvider(), s.addRoleToInstanceProfile(), s.addUserToGroup(), s.attachGroupPolicy(),
		s.attachRolePolicy(), s.attachUserPolicy(), s.createAccessKey(), s.createAccountAlias(), s.createGroup(),
		s.createInstanceProfile(), s.createOpenIDConnectProvider(), s.createPolicy(), s.createPolicyVersion(),
		s.createRole(), s.createServiceLinkedRole(), s.createUser(), s.createVirtualMFADevice(), s.deactivateMFADevice(),
		s.deleteVirtualMFADevice(), s.enableMFADevice(), s.getMFADevice(), s.listMFADeviceTags(), s.listVirtualMFADevices(),
		s.resyncMFADevice(), s.tagMFADevice(), s.untagMFADevice(), s.deleteAccessKey(), s.deleteAccountAlias(),
		s.deleteGroup(), s.deleteGroupPolicy(), s.deleteInstanceProfile(), s.deleteOpenIDConnectProvider(), s.deletePolicy(),
		s.deletePolicyVersion(), s.deleteRole(), s.deleteRolePermissionsBoundary(), s.deleteRolePolicy(),
		s.deleteServiceLinkedRole(), s.deleteUser(), s.deleteUserPermissionsBoundary(), s.deleteUserPolicy(),
		s.detachGroupPolicy(), s.detachRolePolicy(), s.detachUserPolicy(), s.generateCredentialReport(),
		s.getAccessKeyLastUsed(), s.getAccountAuthorizationDetails(), s.getAccountSummary(),
		s.getContextKeysForCustomPolicy(), s.getContextKeysForPrincipalPolicy(), s.getCredentialReport(), s.getGroup(),
		s.getGroupPolicy(), s.getInstanceProfile(), s.getOpenIDConnectProvider(), s.getPolicy(), s.getPolicyVersion(),
		s.getRole(), s.getRolePolicy(), s.getServiceLinkedRoleDeletionStatus(), s.getUser(), s.getUserPolicy(),
		s.listAccessKeys(), s.listAccountAliases(), s.listAttachedGroupPolicies(), s.listAttachedRolePolicies(),
		s.listAttachedUserPolicies(), s.listEntitiesForPolicy(), s.listGroupPolicies(), s.listGroups(),
		s.listGroupsForUser(), s.listInstanceProfileTags(), s.listInstanceProfiles(), s.listInstanceProfilesForRole(),
		s.listMFADevices(), s.listOpenIDConnectProviderTags(), s.listOpenIDConnectProviders(), s.listPolicies(),
		s.listPolicyTags(), s.listPolicyVersions(), s.listRolePolicies(), s.listRoleTags(), s.listRoles(),
		s.listUserPolicies(), s.listUserTags(), s.listUsers(), s.putGroupPolicy(), s.putRolePermissionsBoundary(),
		s.putRolePolicy(), s.putUserPermissionsBoundary(), s.putUserPolicy(), s.removeClientIDFromOpenIDConnectProvider(),
		s.removeRoleFromInstanceProfile(), s.removeUserFromGroup(), s.setDefaultPolicyVersion(), s.simulateCustomPolicy(),
		s.simulatePrincipalPolicy(), s.tagInstanceProfile(), s.tagOpenIDConnectProvider(), s.tagPolicy(), s.tagRole(),
		s.tagUser(), s.untagInstanceProfile(), s.untagOpenIDConnectProvider(), s.untagPolicy(), s.untagRole(), s.untagUser(),
		s.updateAccessKey(), s.updateAssumeRolePolicy(), s.updateGroup(), s.updateOpenIDConnectProviderThumbprint(),
		s.updateRole(), s.updateRoleDescription(), s.updateUser(),
		s.changePassword(), s.createLoginProfile(), s.deleteAccountPasswordPolicy(), s.deleteLoginProfile(), s.getAccountPasswordPolicy(),
		s.getLoginProfile(), s.listSAMLProviders(), s.listSSHPublicKeys(), s.listServerCertificates(), s.listServiceSpecificCredentials(),
		s.listSigningCertificates(), s.updateAccountPasswordPolicy(), s.updateLoginProfile())
	if err != nil {
		return nil, fmt.Errorf("make the identity service: %w", err)
	}
	return made, nil
}
