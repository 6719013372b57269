package dms

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// refreshSchemas has an instance list an endpoint's schemas. The list of before stays until there is a new one.
func (s *Service) refreshSchemas() service.Operation {
	return handle(s, "RefreshSchemas", func(ctx context.Context, call *service.Call, in *dmsapi.RefreshSchemasMessage) (*dmsapi.RefreshSchemasResponse, error) {
		if err := s.usableKey(ctx, value(in.EndpointArn)); err != nil {
			return nil, err
		}
		var rec Schemas
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			i, e, err := s.pair(tx, value(in.ReplicationInstanceArn), value(in.EndpointArn))
			if err != nil {
				return err
			}
			if rec, err = store.Read[Schemas](tx, schemasKey(e.ID)); err != nil && !errors.Is(err, store.ErrNotFound) {
				return err
			}
			if rec.Status == schemasRefreshing {
				return badState("The schemas of endpoint %s are already being refreshed.", e.Name)
			}
			rec.Endpoint, rec.Instance, rec.Status, rec.Failure = e.ID, i.ID, schemasRefreshing, ""
			rec.Number = numbered(rec.Number, call.Now)
			return store.Write(tx, schemasKey(e.ID), rec)
		})
		return &dmsapi.RefreshSchemasResponse{RefreshSchemasStatus: s.showRefresh(&rec)}, err
	})
}

func (s *Service) showRefresh(rec *Schemas) *dmsapi.RefreshSchemasStatus {
	return &dmsapi.RefreshSchemasStatus{
		EndpointArn: new(s.arn(endpoints, rec.Endpoint)), ReplicationInstanceArn: new(s.arn(instances, rec.Instance)), Status: &rec.Status,
		LastRefreshDate: rec.Refreshed, LastFailureMessage: some(rec.Failure),
	}
}
