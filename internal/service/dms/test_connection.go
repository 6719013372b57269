package dms

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// testConnection has an instance try an endpoint. The answer says that it is being tried; how it went is in
// DescribeConnections.
func (s *Service) testConnection() service.Operation {
	return handle(s, "TestConnection", func(ctx context.Context, call *service.Call, in *dmsapi.TestConnectionMessage) (*dmsapi.TestConnectionResponse, error) {
		if err := s.usableKey(ctx, value(in.EndpointArn)); err != nil {
			return nil, err
		}
		var shown *dmsapi.Connection
		_, err := s.Store.Update(ctx, func(tx store.Tx) error {
			i, e, err := s.pair(tx, value(in.ReplicationInstanceArn), value(in.EndpointArn))
			if err != nil {
				return err
			}
			key := connectionKey(i.ID, e.ID)
			c, err := store.Read[Connection](tx, key)
			switch {
			case err == nil && c.Status == connectionTesting:
				return badState("Connection is already being tested: endpoint %s from replication instance %s.", e.Name, i.Name)
			case errors.Is(err, store.ErrNotFound):
				if err := s.roomForConnection(tx, i.ID); err != nil {
					return err
				}
			case err != nil:
				return err
			}
			c = Connection{Instance: i.ID, Endpoint: e.ID, Status: connectionTesting, Tested: call.Now.UTC(), Number: numbered(c.Number, call.Now)}
			shown = s.showConnection(&c, i.Name, e.Name)
			return store.Write(tx, key, c)
		})
		return &dmsapi.TestConnectionResponse{Connection: shown}, err
	})
}

// pair finds an instance that is ready and an endpoint, in this order, as DMS looks for them.
func (s *Service) pair(from getter, instanceARN, endpointARN string) (*Instance, *Endpoint, error) {
	i, err := byARN[Instance](s, from, instances, instanceARN)
	if err != nil {
		return nil, nil, err
	}
	if i.Status != "available" {
		return nil, nil, badState("Replication instance %s is %s. It must be available.", i.Name, i.Status)
	}
	e, err := byARN[Endpoint](s, from, endpoints, endpointARN)
	return i, e, err
}

// usableKey says at once, and not in the result of a test, that an endpoint's key cannot be used. An endpoint that is not
// there is for the transaction to miss.
func (s *Service) usableKey(ctx context.Context, endpointARN string) error {
	e, err := byARN[Endpoint](s, s.outside(ctx), endpoints, endpointARN)
	if err != nil {
		return nil //nolint:nilerr // the transaction finds the same, in its order
	}
	if engine, err := engineOf(e.Engine); err == nil && engine.file || e.Settings[secretID] != "" || len(e.Sealed) == 0 {
		return nil // it has no password of its own
	}
	_, err = s.open(ctx, s.arn(endpoints, e.ID), e.Sealed)
	return err
}

// roomForConnection holds an instance to the number of endpoints that it may have.
func (s *Service) roomForConnection(tx store.Tx, instance string) error {
	page, err := tx.List(store.Range{Prefix: connectionKey(instance, "")})
	if err != nil {
		return fmt.Errorf("count the connections of an instance: %w", err)
	}
	return s.within(quotaInstanceEndpoint, int64(len(page.Items)), 1)
}

// showConnection is a connection as DMS answers it.
func (s *Service) showConnection(c *Connection, instanceName, endpointName string) *dmsapi.Connection {
	return &dmsapi.Connection{
		ReplicationInstanceArn: new(s.arn(instances, c.Instance)), ReplicationInstanceIdentifier: some(instanceName),
		EndpointArn: new(s.arn(endpoints, c.Endpoint)), EndpointIdentifier: some(endpointName),
		Status: &c.Status, LastFailureMessage: some(c.Failure),
	}
}
