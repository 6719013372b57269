package dms

import (
	"context"
	"errors"
	"maps"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// modifyEndpoint changes what the call names, and has the endpoint's connections tested anew.
func (s *Service) modifyEndpoint() service.Operation {
	return handle(s, "ModifyEndpoint", func(ctx context.Context, call *service.Call, in *dmsapi.ModifyEndpointMessage) (*dmsapi.ModifyEndpointResponse, error) {
		before, err := byARN[Endpoint](s, s.outside(ctx), endpoints, value(in.EndpointArn))
		if err != nil {
			return nil, err
		}
		// What is sealed is sealed outside the transaction: it depends on the endpoint's ARN and key alone, which never change.
		after, change, err := s.changed(before, in)
		if err != nil {
			return nil, err
		}
		if id := after.Settings[secretID]; id != before.Settings[secretID] {
			if err := s.namedSecret(ctx, call, id); err != nil {
				return nil, err
			}
		}
		if s.storeRole(after) != s.storeRole(before) {
			if err := s.needsStoreRole(ctx, after); err != nil {
				return nil, err
			}
		}
		var sealed []byte
		if change.sealed {
			if sealed, _, err = s.seal(ctx, before.KMSKey, s.arn(endpoints, before.ID), secrets{Password: change.password}); err != nil {
				return nil, err
			}
		}
		var rec *Endpoint
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			rec, err = s.putChanged(tx, call, before, in, sealed)
			return err
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.ModifyEndpointResponse{Endpoint: s.showEndpoint(rec)}, nil
	})
}

// putChanged changes the record as it is now, which may have changed since the call began: what was decided then of the record
// before is not decided of another one.
func (s *Service) putChanged(tx store.Tx, call *service.Call, before *Endpoint, in *dmsapi.ModifyEndpointMessage, sealed []byte) (*Endpoint, error) {
	id := before.ID
	now, err := lookup[Endpoint](tx, endpoints, id)
	if err != nil {
		return nil, err
	}
	rec, change, err := s.changed(now, in)
	if err != nil {
		return nil, err
	}
	named := rec.Settings[secretID]
	if change.sealed && sealed == nil || // the record has changed into one whose secrets this call replaces,
		named != "" && named != now.Settings[secretID] && named == before.Settings[secretID] { // or that has another secret than this call has repeated
		return nil, badState("Endpoint %s is being modified by another call. Try again.", s.arn(endpoints, id))
	}
	if change.sealed {
		rec.Sealed = sealed
	}
	if err := s.modifiable(tx, now, rec); err != nil {
		return nil, err
	}
	if rec.Name != now.Name {
		if err := s.claim(tx, endpoints, rec.Name, id); err != nil {
			return nil, err
		}
		tx.Delete(endpoints.names() + now.Name)
	}
	if err := s.putEndpoint(tx, rec, now.Certificate); err != nil {
		return nil, err
	}
	return rec, s.retest(tx, id, call.Now)
}

// modifiable: an endpoint stays as it is while a task of it starts or runs.
func (s *Service) modifiable(tx store.Tx, now, then *Endpoint) error {
	users, err := referrers(tx, endpoints, now.ID, tasks)
	if err != nil {
		return err
	}
	if len(users) > 0 && now.Type != then.Type {
		return badState("Endpoint %s is a %s of replication tasks and cannot become a %s.", s.arn(endpoints, now.ID), now.Type, then.Type)
	}
	for _, id := range users {
		task, err := store.Read[Task](tx, tasks.keys()+id)
		if errors.Is(err, store.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		if task.Status == "starting" || task.Status == "running" {
			return badState("Endpoint %s cannot be modified while replication task %s is %s. Stop the task first.", s.arn(endpoints, now.ID), task.Name, task.Status)
		}
	}
	return nil
}

// replaced says what of the secrets a call replaces.
type replaced struct {
	sealed   bool
	password string
}

// changed is a record as a call would have it.
func (s *Service) changed(now *Endpoint, in *dmsapi.ModifyEndpointMessage) (*Endpoint, replaced, error) {
	rec := *now
	rec.Settings = maps.Clone(now.Settings)
	for to, from := range map[*string]*string{&rec.Engine: in.EngineName, &rec.Type: in.EndpointType} {
		if value(from) != "" {
			*to = *from
		}
	}
	if value(in.EndpointIdentifier) != "" {
		rec.Name = strings.ToLower(*in.EndpointIdentifier)
		if err := checkName("EndpointIdentifier", rec.Name, longestEndpoint); err != nil {
			return nil, replaced{}, err
		}
	}
	e, err := engineOf(rec.Engine)
	if err != nil {
		return nil, replaced{}, err
	}
	if err := e.at(rec.Type); err != nil {
		return nil, replaced{}, err
	}
	d, err := e.draft(rec.Type, &endpointInput{
		user: in.Username, password: in.Password, server: in.ServerName, database: in.DatabaseName, attributes: in.ExtraConnectionAttributes,
		port: in.Port, role: in.ServiceAccessRoleArn, tables: in.ExternalTableDefinition, message: in,
	})
	if err != nil {
		return nil, replaced{}, err
	}
	if err := s.verifiedBy(&rec, in.SslMode, in.CertificateArn); err != nil {
		return nil, replaced{}, err
	}
	sealed, err := d.apply(e, &rec, value(in.ExactSettings))
	if err != nil {
		return nil, replaced{}, err
	}
	return &rec, replaced{sealed, value(d.password)}, s.fits(e, &rec)
}
