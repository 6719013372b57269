package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getAccessKeyLastUsed says when and for what a key was used last.
func (s *Service) getAccessKeyLastUsed() service.Operation {
	return service.Handle("GetAccessKeyLastUsed", func(ctx context.Context, call *service.Call, in *iamapi.GetAccessKeyLastUsedRequest) ([]service.Check, error) {
		name := "*"
		if k, ok := s.directory.AccessKey(deref(in.AccessKeyId)); ok {
			name = k.User
		}
		checks, err := onUser(s, func(*iamapi.GetAccessKeyLastUsedRequest) *string { return &name })(ctx, call, in)
		if err == nil {
			checks[0].Named = call.ARN("user/*") // whose a key is is for the answer to tell
		}
		return checks, err
	},
		func(ctx context.Context, _ *service.Call, in *iamapi.GetAccessKeyLastUsedRequest) (*iamapi.GetAccessKeyLastUsedResponse, error) {
			k, err := fetch[identity.AccessKey](s.read(ctx), identity.AccessKeyKey(deref(in.AccessKeyId)), missing("The Access Key with id %s cannot be found.", deref(in.AccessKeyId)))
			if err != nil {
				return nil, err
			}
			used, err := s.usage.of(ctx, keyUse, k.ID)
			if err != nil {
				return nil, err
			}
			last := &iamapi.AccessKeyLastUsed{ServiceName: new("N/A"), Region: new("N/A")}
			if !used.At.IsZero() {
				last = &iamapi.AccessKeyLastUsed{ServiceName: &used.Service, Region: &used.Region, LastUsedDate: &used.At}
			}
			return &iamapi.GetAccessKeyLastUsedResponse{UserName: &k.User, AccessKeyLastUsed: last}, nil
		})
}
