package sts

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) decodeAuthorizationMessage() service.Operation {
	return service.Handle("DecodeAuthorizationMessage",
		func(_ context.Context, call *service.Call, _ *stsapi.DecodeAuthorizationMessageRequest) ([]service.Check, error) {
			return call.OnAny(), nil
		},
		func(_ context.Context, _ *service.Call, in *stsapi.DecodeAuthorizationMessageRequest) (*stsapi.DecodeAuthorizationMessageResponse, error) {
			text, err := s.directory.OpenMessage(*in.EncodedMessage)
			if err != nil {
				return nil, stsapi.Service.NewError("InvalidAuthorizationMessageException", "Invalid encoded authorization message")
			}
			return &stsapi.DecodeAuthorizationMessageResponse{DecodedMessage: &text}, nil
		})
}
