package redshift

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/redshiftapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// Config is what the service works with.
type Config struct {
	Store    store.Store
	Clusters []Cluster // sorted by their identifiers
}

// Service tells of clusters.
type Service struct{ Config }

// rolesKeys begin the keys of what ModifyClusterIamRoles has changed.
const rolesKeys = "redshift/roles/"

// roles are those of a cluster.
type roles struct {
	Roles   []string
	Default string `json:",omitempty"`
}

// API makes the service.
func (s *Service) API() (*service.Service, error) {
	made, err := service.New(&redshiftapi.Service,
		s.describeAccountAttributes(), s.describeClusterParameterGroups(), s.describeClusterParameters(), s.describeClusterSubnetGroups(),
		s.describeClusterVersions(), s.describeClusters(), s.describeEvents(), s.describeLoggingStatus(), s.describeOrderableClusterOptions(),
		s.describeStorage(), s.describeTags(), s.modifyClusterIamRoles())
	if err != nil {
		return nil, fmt.Errorf("make the service of clusters: %w", err)
	}
	return made, nil
}

// inSmall is an identifier in small letters, as clusters have theirs. What is decided about an ARN and what is found are the same.
func inSmall(id string) string { return strings.ToLower(id) }

// find returns a registered cluster.
func (s *Service) find(id string) (*Cluster, error) {
	for i := range s.Clusters {
		if s.Clusters[i].Identifier == inSmall(id) {
			return &s.Clusters[i], nil
		}
	}
	return nil, redshiftapi.Service.NewError("ClusterNotFoundFault", "Cluster %s not found. The administrator registers clusters (--redshift-clusters).", id)
}

// rolesOf are the roles that a cluster has now.
func (s *Service) rolesOf(ctx context.Context, c *Cluster) (roles, error) {
	r, err := store.Read[roles](outside{ctx, s.Store}, rolesKeys+c.Identifier)
	if errors.Is(err, store.ErrNotFound) {
		return roles{Roles: c.Roles}, nil
	}
	return r, err
}

// outside reads without a transaction.
type outside struct {
	ctx   context.Context //nolint:containedctx // store.Read knows none
	store store.Store
}

// Get reads one key.
func (o outside) Get(key string) (store.Item, error) { return o.store.Get(o.ctx, key) }

// Refuses says why COPY on the server may not name a role; empty when it may, or when the server is no registered cluster.
func (s *Service) Refuses(ctx context.Context, address string, port int64, role string) (string, error) {
	for i := range s.Clusters {
		c := &s.Clusters[i]
		if !strings.EqualFold(c.Address, address) || c.Port != port {
			continue
		}
		r, err := s.rolesOf(ctx, c)
		if err != nil {
			return "", err
		}
		if !slices.Contains(r.Roles, role) {
			return fmt.Sprintf("Cluster %s does not have the IAM role %s, so that its COPY could not read the bucket. Give it the role: aws redshift modify-cluster-iam-roles --cluster-identifier %[1]s --add-iam-roles %[2]s", c.Identifier, role), nil
		}
		return "", nil
	}
	return "", nil
}

// onCluster is the check of an operation about one cluster; about all of them where it names none.
func onCluster(call *service.Call, id *string) []service.Check {
	if id == nil || *id == "" {
		return call.OnAny()
	}
	return call.On(call.ARN("cluster:" + inSmall(*id)))
}

// paged cuts a list at MaxRecords, 20 to 100. A marker is the name behind which the next page begins.
func paged[T any](all []T, name func(*T) string, most *int64, marker *string) (page []T, next *string, err error) {
	n := 100
	if most != nil {
		if *most < 20 || *most > 100 {
			return nil, nil, &wire.Error{Code: "InvalidParameterValue", Message: "MaxRecords must be between 20 and 100.", Status: 400}
		}
		n = int(*most)
	}
	if marker != nil && *marker != "" {
		at := slices.IndexFunc(all, func(v T) bool { return name(&v) == *marker })
		if at < 0 {
			return nil, nil, &wire.Error{Code: "InvalidParameterValue", Message: "The Marker is not, or no longer, one of this list.", Status: 400}
		}
		all = all[at+1:]
	}
	if len(all) <= n {
		return all, nil, nil
	}
	last := name(&all[n-1])
	return all[:n], &last, nil
}

func value[T any](p *T) (v T) {
	if p != nil {
		v = *p
	}
	return v
}
