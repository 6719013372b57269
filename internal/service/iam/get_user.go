package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getUser shows a user; without a name the caller.
func (s *Service) getUser() service.Operation {
	return service.Handle("GetUser", onUser(s, func(in *iamapi.GetUserRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.GetUserRequest) (*iamapi.GetUserResponse, error) {
			if in.UserName == nil && call.Principal.Kind == service.Root {
				return &iamapi.GetUserResponse{User: &iamapi.User{Arn: &call.Principal.ARN, UserId: &call.Account, UserName: new("root"), Path: new("/"), CreateDate: new(call.Now)}}, nil
			}
			name := callerOr(call, in.UserName)
			if name == "" {
				return nil, wire.Invalid.New(wire.Query, "Must specify userName when calling with non-User credentials")
			}
			u, err := user(s.read(ctx), name)
			if err != nil {
				return nil, err
			}
			return &iamapi.GetUserResponse{User: s.userShape(u)}, nil
		})
}
