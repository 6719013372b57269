package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// longestEndpoint is what an EndpointIdentifier may have.
const longestEndpoint = 255

// createEndpoint describes a database. Nothing connects to it yet: that is TestConnection's.
func (s *Service) createEndpoint() service.Operation {
	return handle(s, "CreateEndpoint", func(ctx context.Context, call *service.Call, in *dmsapi.CreateEndpointMessage) (*dmsapi.CreateEndpointResponse, error) {
		rec, password, err := s.newEndpoint(call, in)
		if err != nil {
			return nil, err
		}
		if err := s.namedSecret(ctx, call, rec.Settings[secretID]); err != nil {
			return nil, err
		}
		if err := s.needsStoreRole(ctx, rec); err != nil {
			return nil, err
		}
		arn := s.arn(endpoints, rec.ID)
		key, err := s.keyARN(ctx, call, value(in.KmsKeyId))
		if err != nil {
			return nil, err
		}
		if rec.Sealed, rec.KMSKey, err = s.seal(ctx, key, arn, secrets{Password: password}); err != nil {
			return nil, err
		}
		_, err = s.Store.Update(ctx, func(tx store.Tx) error { return s.putNewEndpoint(tx, rec) })
		if err != nil {
			return nil, err
		}
		return &dmsapi.CreateEndpointResponse{Endpoint: s.showEndpoint(rec)}, nil
	})
}

// newEndpoint makes the record, but for what is sealed.
func (s *Service) newEndpoint(call *service.Call, in *dmsapi.CreateEndpointMessage) (rec *Endpoint, password string, err error) {
	e, err := engineOf(value(in.EngineName))
	if err != nil {
		return nil, "", err
	}
	rec = &Endpoint{
		Name: strings.ToLower(value(in.EndpointIdentifier)), Type: value(in.EndpointType), Engine: e.name, Status: "active",
		SSLMode: sslNone, Created: call.Now.UTC(),
	}
	if err := checkName("EndpointIdentifier", rec.Name, longestEndpoint); err != nil {
		return nil, "", err
	}
	if rec.ID, err = idFor(in.ResourceIdentifier); err != nil {
		return nil, "", err
	}
	if rec.Tags, err = tagsIn(in.Tags); err != nil {
		return nil, "", err
	}
	if err := e.at(rec.Type); err != nil {
		return nil, "", err
	}
	d, err := e.draft(rec.Type, &endpointInput{
		user: in.Username, password: in.Password, server: in.ServerName, database: in.DatabaseName, attributes: in.ExtraConnectionAttributes,
		port: in.Port, role: in.ServiceAccessRoleArn, tables: in.ExternalTableDefinition, message: in,
	})
	if err != nil {
		return nil, "", err
	}
	if err := s.verifiedBy(rec, in.SslMode, in.CertificateArn); err != nil {
		return nil, "", err
	}
	if _, err := d.apply(e, rec, false); err != nil {
		return nil, "", err
	}
	return rec, value(d.password), s.fits(e, rec)
}

// verifiedBy puts the TLS mode and the certificate of a call into a record. A certificate that the new mode has no use for
// goes, unless the call names it.
func (s *Service) verifiedBy(rec *Endpoint, mode, certificate *string) error {
	if value(mode) != "" {
		rec.SSLMode = *mode
		if rec.SSLMode == sslNone || rec.SSLMode == sslRequire {
			rec.Certificate = ""
		}
	}
	if value(certificate) == "" {
		return nil
	}
	id, err := s.parseOf(certificates, *certificate)
	rec.Certificate = id
	return err
}

// fits holds a record to the rules of its engine and of this server.
func (s *Service) fits(e *engine, rec *Endpoint) error {
	if err := e.check(rec); err != nil {
		return err
	}
	if e.file && s.SQLiteDir == "" {
		return invalidValue("This server has no folder of SQLite files. Start it with --sqlite-dir DIRECTORY.")
	}
	return nil
}

// namedSecret has the caller's right to name a secret decided.
func (s *Service) namedSecret(ctx context.Context, call *service.Call, id string) error {
	if id == "" {
		return nil
	}
	if s.Secrets == nil {
		return invalidCombination("%s cannot be used: this server has no Secrets Manager.", secretID)
	}
	return call.Check(ctx, s.Secrets.Check(ctx, call, id))
}

func (s *Service) putNewEndpoint(tx store.Tx, rec *Endpoint) error {
	if there, err := store.Exists(tx, endpoints.keys()+rec.ID); err != nil || there {
		if there {
			err = exists(s.arn(endpoints, rec.ID), "Endpoint already exists: its ResourceIdentifier %s is taken.", rec.ID)
		}
		return err
	}
	if err := s.claim(tx, endpoints, rec.Name, rec.ID); err != nil {
		return err
	}
	if err := s.quota(tx, quotaEndpoints, 1); err != nil {
		return err
	}
	return s.putEndpoint(tx, rec, "")
}

// putEndpoint writes the record and its reference to a certificate, which must be there. Before is the one it had.
func (s *Service) putEndpoint(tx store.Tx, rec *Endpoint, before string) error {
	if before != "" && before != rec.Certificate {
		unrefer(tx, certificates, before, endpoints, rec.ID)
	}
	if rec.Certificate != "" {
		there, err := store.Exists(tx, certificates.keys()+rec.Certificate)
		if err != nil {
			return err
		}
		if !there {
			return notFound("Certificate %s not found.", s.arn(certificates, rec.Certificate))
		}
		refer(tx, certificates, rec.Certificate, endpoints, rec.ID)
	}
	return store.Write(tx, endpoints.keys()+rec.ID, rec)
}
