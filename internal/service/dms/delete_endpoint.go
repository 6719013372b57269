package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteEndpoint forgets an endpoint that no task uses, with its connections and schemas.
func (s *Service) deleteEndpoint() service.Operation {
	return handle(s, "DeleteEndpoint", func(ctx context.Context, _ *service.Call, in *dmsapi.DeleteEndpointMessage) (*dmsapi.DeleteEndpointResponse, error) {
		var rec *Endpoint
		_, err := s.Store.Update(ctx, func(tx store.Tx) (err error) {
			if rec, err = byARN[Endpoint](s, tx, endpoints, value(in.EndpointArn)); err != nil {
				return err
			}
			users, err := referrers(tx, endpoints, rec.ID, tasks)
			if err != nil {
				return err
			}
			if len(users) > 0 {
				return badState("Endpoint %s cannot be deleted: it is used by replication tasks %s.", s.arn(endpoints, rec.ID), strings.Join(s.arns(tasks, users), ", "))
			}
			return s.dropEndpoint(tx, rec)
		})
		if err != nil {
			return nil, err
		}
		rec.Status = "deleting"
		return &dmsapi.DeleteEndpointResponse{Endpoint: s.showEndpoint(rec)}, nil
	})
}

func (s *Service) arns(k kind, ids []string) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = s.arn(k, id)
	}
	return all
}

func (s *Service) dropEndpoint(tx store.Tx, rec *Endpoint) error {
	tested, err := connectionsOf(tx, rec.ID)
	if err != nil {
		return err
	}
	for _, c := range tested {
		tx.Delete(connectionKey(c.Instance, c.Endpoint))
	}
	tx.Delete(schemasKey(rec.ID))
	tx.Delete(endpoints.names() + rec.Name)
	if rec.Certificate != "" {
		unrefer(tx, certificates, rec.Certificate, endpoints, rec.ID)
	}
	tx.Delete(endpoints.keys() + rec.ID)
	return nil
}
