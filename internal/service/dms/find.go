package dms

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"fmt"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// kind is a sort of resources: the type in its ARN, and what DMS calls one in its faults.
type kind struct{ arn, noun string }

var (
	instances    = kind{"rep", "Replication Instance"}
	subnetGroups = kind{"subgrp", "Replication Subnet Group"}
	certificates = kind{"cert", "Certificate"}
	endpoints    = kind{"endpoint", "Endpoint"}
	tasks        = kind{"task", "Replication Task"}
	subs         = kind{"es", "Event Subscription"}
)

func (k kind) keys() string  { return Prefix + k.arn + "/" }
func (k kind) names() string { return Prefix + "name/" + k.arn + "/" }

// ARN names a resource.
func (s *Service) arn(k kind, id string) string {
	return "arn:" + s.Partition + ":dms:" + s.Region + ":" + s.Account + ":" + k.arn + ":" + id
}

// parse takes an ARN of this account and region apart.
func (s *Service) parse(arn string) (kind, string, error) {
	rest, ok := strings.CutPrefix(arn, "arn:"+s.Partition+":dms:"+s.Region+":"+s.Account+":")
	typ, id, found := strings.Cut(rest, ":")
	if ok && found && id != "" {
		for _, k := range []kind{instances, subnetGroups, certificates, endpoints, tasks, subs, assessmentRuns, individuals} {
			if k.arn == typ {
				return k, id, nil
			}
		}
	}
	return kind{}, "", invalidValue("Invalid ARN: %s is not the ARN of a resource of DMS in %s, account %s.", arn, s.Region, s.Account)
}

// parseOf takes an ARN apart that must be of one kind.
func (s *Service) parseOf(k kind, arn string) (string, error) {
	got, id, err := s.parse(arn)
	if err != nil {
		return "", err
	}
	if got != k {
		return "", invalidValue("Invalid ARN: %s is not the ARN of a %s.", arn, strings.ToLower(k.noun))
	}
	return id, nil
}

// getter reads inside or outside of a transaction.
type getter interface {
	Get(key string) (store.Item, error)
}

// outside reads outside of a transaction.
type outside struct {
	ctx   context.Context
	store store.Store
}

func (o outside) Get(key string) (store.Item, error) { return o.store.Get(o.ctx, key) }

func (s *Service) outside(ctx context.Context) getter { return outside{ctx, s.Store} }

// reads reads what only is to be shown.
func (s *Service) reads(ctx context.Context) outside {
	if s.Reads != nil {
		return outside{ctx, s.Reads}
	}
	return outside{ctx, s.Store}
}

// lookup reads a record by its ID.
func lookup[T any](from getter, k kind, id string) (*T, error) {
	v, err := store.Read[T](from, k.keys()+id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound("%s %s not found.", k.noun, id)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", strings.ToLower(k.noun), id, err)
	}
	return &v, nil
}

// byARN reads a record by its ARN.
func byARN[T any](s *Service, from getter, k kind, arn string) (*T, error) {
	id, err := s.parseOf(k, arn)
	if err != nil {
		return nil, err
	}
	v, err := store.Read[T](from, k.keys()+id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound("%s %s not found.", k.noun, arn)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", arn, err)
	}
	return &v, nil
}

// named finds the ID that an identifier belongs to; empty if none.
func named(from getter, k kind, name string) (string, error) {
	item, err := from.Get(k.names() + name)
	if errors.Is(err, store.ErrNotFound) {
		return "", nil
	}
	return string(item.Value), err
}

// claim takes an identifier for a resource that is being made or renamed.
func (s *Service) claim(tx store.Tx, k kind, name, id string) error {
	have, err := named(tx, k, name)
	if err != nil {
		return err
	}
	if have != "" && have != id {
		return exists(s.arn(k, have), "%s already exists: %s", k.noun, name)
	}
	tx.Put(k.names()+name, []byte(id))
	return nil
}

// newID makes the resource part of an ARN: 26 letters and digits of base32.
func newID() string {
	raw := make([]byte, 17)
	_, _ = rand.Read(raw) // never fails
	return base32.StdEncoding.EncodeToString(raw)[:26]
}
