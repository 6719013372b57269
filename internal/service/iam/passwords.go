package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Nobody signs in with a password here: the console signs with access keys. So no user has a login profile and the account has no password
// policy. What asks for them, takes them away or changes them is answered as AWS answers where there are none; what would make one is
// refused by its quota.

func noProfile(name string) error { return missing("Login Profile for User %s cannot be found.", name) }

func noPasswordPolicy(call *service.Call) error {
	return missing("The Password Policy with domain name %s cannot be found.", call.Account)
}

func noPasswords(quota string) error {
	return fault("LimitExceededException", "Cannot exceed quota for %s: 0. Nobody signs in with a password here: give the user access keys.", quota)
}

// profileless is an operation on the login profile of a user, who must be there for the answer to be about the profile.
func profileless[In, Out any](s *Service, operation string, name func(*In) *string, answer func(user string) error) service.Operation {
	return service.Handle(operation, onUser(s, name), func(ctx context.Context, call *service.Call, in *In) (*Out, error) {
		u, err := user(s.read(ctx), callerOr(call, name(in)))
		if err != nil {
			return nil, err
		}
		return nil, answer(u.Name)
	})
}

func (s *Service) getLoginProfile() service.Operation {
	return profileless[iamapi.GetLoginProfileRequest, iamapi.GetLoginProfileResponse](s, "GetLoginProfile", func(in *iamapi.GetLoginProfileRequest) *string { return in.UserName }, noProfile)
}

func (s *Service) createLoginProfile() service.Operation {
	return profileless[iamapi.CreateLoginProfileRequest, iamapi.CreateLoginProfileResponse](s, "CreateLoginProfile",
		func(in *iamapi.CreateLoginProfileRequest) *string { return in.UserName }, func(string) error { return noPasswords("LoginProfilesPerUser") })
}

func (s *Service) updateLoginProfile() service.Operation {
	return profileless[iamapi.UpdateLoginProfileRequest, service.None](s, "UpdateLoginProfile", func(in *iamapi.UpdateLoginProfileRequest) *string { return in.UserName }, noProfile)
}

func (s *Service) deleteLoginProfile() service.Operation {
	return profileless[iamapi.DeleteLoginProfileRequest, service.None](s, "DeleteLoginProfile", func(in *iamapi.DeleteLoginProfileRequest) *string { return in.UserName }, noProfile)
}

func (s *Service) changePassword() service.Operation {
	own := func(*iamapi.ChangePasswordRequest) *string { return nil }
	return service.Handle("ChangePassword", onUser(s, own), func(_ context.Context, call *service.Call, _ *iamapi.ChangePasswordRequest) (*service.None, error) {
		if call.Principal.Kind != service.User {
			return nil, fault("InvalidUserTypeException", "Only users have passwords, and none has one here.")
		}
		return nil, noProfile(call.Principal.Name)
	})
}

func (s *Service) getAccountPasswordPolicy() service.Operation {
	return service.Handle("GetAccountPasswordPolicy", onNothing, func(_ context.Context, call *service.Call, _ *service.None) (*iamapi.GetAccountPasswordPolicyResponse, error) {
		return nil, noPasswordPolicy(call)
	})
}

func (s *Service) updateAccountPasswordPolicy() service.Operation {
	return service.Handle("UpdateAccountPasswordPolicy", onNothing, func(context.Context, *service.Call, *iamapi.UpdateAccountPasswordPolicyRequest) (*service.None, error) {
		return nil, noPasswords("PasswordPolicies")
	})
}

func (s *Service) deleteAccountPasswordPolicy() service.Operation {
	return service.Handle("DeleteAccountPasswordPolicy", onNothing, func(_ context.Context, call *service.Call, _ *service.None) (*service.None, error) {
		return nil, noPasswordPolicy(call)
	})
}
