package ec2

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// kind is a sort of records: where they lie, and what EC2 says of one that is not there.
type kind struct {
	keys, code, noun string
}

var (
	vpcs      = kind{vpcKeys, "InvalidVpcID.NotFound", "vpc ID"}
	subnets   = kind{subnetKeys, "InvalidSubnetID.NotFound", "subnet ID"}
	groups    = kind{groupKeys, "InvalidGroup.NotFound", "security group"}
	gateways  = kind{gatewayKeys, "InvalidInternetGatewayID.NotFound", "internetGateway ID"}
	nics      = kind{nicKeys, "InvalidNetworkInterfaceID.NotFound", "networkInterface ID"}
	endpoints = kind{endpointKeys, "InvalidVpcEndpointId.NotFound", "Vpc Endpoint Id"}
)

func (k kind) missing(id string) error {
	return fault(k.code, "The %s '%s' does not exist", k.noun, id)
}

// lookup reads one record.
func lookup[T any](from getter, k kind, id string) (*T, error) {
	v, err := store.Read[T](from, k.keys+id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, k.missing(id)
	}
	if err != nil {
		return nil, err
	}
	return &v, nil
}

type getter interface {
	Get(key string) (store.Item, error)
}

type lister interface {
	List(r store.Range) (store.Page, error)
}

// reader is what a transaction and what is outside of one can do.
type reader interface {
	getter
	lister
}

// outside reads outside a transaction.
type outside struct {
	ctx   context.Context
	store store.Store
}

func (o outside) Get(key string) (store.Item, error) { return o.store.Get(o.ctx, key) }

func (o outside) List(r store.Range) (store.Page, error) { return o.store.List(o.ctx, r) }

// every reads all records of a kind, by ID.
func every[T any](from lister, k kind) ([]T, error) {
	page, err := from.List(store.Range{Prefix: k.keys})
	if err != nil {
		return nil, err
	}
	all := make([]T, len(page.Items))
	for i, item := range page.Items {
		if err := item.Decode(&all[i]); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// chosen keeps the records with the given IDs, all if none are given. An ID that is not there is an error.
func chosen[T any](all []T, k kind, ids []string, id func(*T) string) ([]T, error) {
	if len(ids) == 0 {
		return all, nil
	}
	for _, want := range ids {
		if !slices.ContainsFunc(all, func(v T) bool { return id(&v) == want }) {
			return nil, k.missing(want)
		}
	}
	return slices.DeleteFunc(all, func(v T) bool { return !slices.Contains(ids, id(&v)) }), nil
}

// firstOf finds a record.
func firstOf[T any](all []T, ok func(*T) bool) (*T, bool) {
	for i := range all {
		if ok(&all[i]) {
			return &all[i], true
		}
	}
	return nil, false
}

// kindOf tells the sort of a resource by its ID.
func kindOf(id string) (k kind, resource string, ok bool) {
	for prefix, k := range map[string]struct {
		kind
		resource string
	}{
		"vpc-": {vpcs, "vpc"}, "subnet-": {subnets, "subnet"}, "sg-": {groups, "security-group"}, "igw-": {gateways, "internet-gateway"},
		"eni-": {nics, "network-interface"}, "vpce-": {endpoints, "vpc-endpoint"},
	} {
		if strings.HasPrefix(id, prefix) {
			return k.kind, k.resource, true
		}
	}
	return kind{}, "", false
}
