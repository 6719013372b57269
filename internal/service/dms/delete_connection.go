package dms

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteConnection forgets what a test has found. What a test that is still under way finds is not taken.
func (s *Service) deleteConnection() service.Operation {
	return handle(s, "DeleteConnection", func(ctx context.Context, _ *service.Call, in *dmsapi.DeleteConnectionMessage) (*dmsapi.DeleteConnectionResponse, error) {
		var shown *dmsapi.Connection
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			i, err := byARN[Instance](s, tx, instances, value(in.ReplicationInstanceArn))
			if err != nil {
				return err
			}
			e, err := byARN[Endpoint](s, tx, endpoints, value(in.EndpointArn))
			if err != nil {
				return err
			}
			key := connectionKey(i.ID, e.ID)
			c, err := store.Read[Connection](tx, key)
			if errors.Is(err, store.ErrNotFound) {
				return notFound("Connection of endpoint %s from replication instance %s not found.", e.Name, i.Name)
			}
			if err != nil {
				return err
			}
			tx.Delete(key)
			c.Status = connectionDeleting
			shown = s.showConnection(&c, i.Name, e.Name)
			return nil
		})
		return &dmsapi.DeleteConnectionResponse{Connection: shown}, err
	})
}
