package dms

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// describeRefreshSchemasStatus says how the last refresh of an endpoint's schemas went.
func (s *Service) describeRefreshSchemasStatus() service.Operation {
	return handle(s, "DescribeRefreshSchemasStatus", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeRefreshSchemasStatusMessage) (*dmsapi.DescribeRefreshSchemasStatusResponse, error) {
		rec, err := s.schemasOf(ctx, value(in.EndpointArn))
		if err != nil {
			return nil, err
		}
		return &dmsapi.DescribeRefreshSchemasStatusResponse{RefreshSchemasStatus: s.showRefresh(rec)}, nil
	})
}

// schemasOf reads what refreshes of an endpoint have found.
func (s *Service) schemasOf(ctx context.Context, arn string) (*Schemas, error) {
	e, err := byARN[Endpoint](s, s.reads(ctx), endpoints, arn)
	if err != nil {
		return nil, err
	}
	rec, err := store.Read[Schemas](s.reads(ctx), schemasKey(e.ID))
	if errors.Is(err, store.ErrNotFound) {
		return nil, badState("The schemas of endpoint %s have never been listed. Call RefreshSchemas first.", arn)
	}
	return &rec, err
}
