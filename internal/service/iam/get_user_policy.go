package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getUserPolicy shows an inline policy of a user.
func (s *Service) getUserPolicy() service.Operation {
	return service.Handle("GetUserPolicy", onUser(s, func(in *iamapi.GetUserPolicyRequest) *string { return in.UserName }),
		func(ctx context.Context, _ *service.Call, in *iamapi.GetUserPolicyRequest) (*iamapi.GetUserPolicyResponse, error) {
			u, err := user(s.read(ctx), deref(in.UserName))
			if err != nil {
				return nil, err
			}
			document, err := userKind.inline(&u.Policies, deref(in.PolicyName))
			if err != nil {
				return nil, err
			}
			return &iamapi.GetUserPolicyResponse{UserName: &u.Name, PolicyName: in.PolicyName, PolicyDocument: encoded(document)}, nil
		})
}
