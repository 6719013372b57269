package sts

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) getAccessKeyInfo() service.Operation {
	return service.Handle("GetAccessKeyInfo",
		func(_ context.Context, call *service.Call, _ *stsapi.GetAccessKeyInfoRequest) ([]service.Check, error) {
			return call.OnAny(), nil
		}, s.getAccessKeyInfoDo)
}

// getAccessKeyInfoDo: temporary keys are not kept, but like AWS's they show where they come from: this server has one
// account and no other makes keys of this form for it.
func (s *Service) getAccessKeyInfoDo(_ context.Context, call *service.Call, in *stsapi.GetAccessKeyInfoRequest) (*stsapi.GetAccessKeyInfoResponse, error) {
	id := *in.AccessKeyId
	if _, ok := s.directory.AccessKey(id); !ok && !identity.IsID(identity.TemporaryKey, id) {
		return nil, invalid("Invalid Access Key ID: %s", id)
	}
	return &stsapi.GetAccessKeyInfoResponse{Account: &call.Account}, nil
}
