package dms

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// describeConnections lists which endpoints have been tried from which instances, and how that went.
func (s *Service) describeConnections() service.Operation {
	return handle(s, "DescribeConnections", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeConnectionsMessage) (*dmsapi.DescribeConnectionsResponse, error) {
		f, err := filtersOf(in.Filters, "endpoint-arn", "replication-instance-arn")
		if err != nil {
			return nil, err
		}
		p, err := pageOf("DescribeConnections", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		all, marker, err := collect(s.reads(ctx), connectionKeys, p, func(c *Connection) bool {
			return s.allowsARN(f, "endpoint-arn", endpoints, c.Endpoint) && s.allowsARN(f, "replication-instance-arn", instances, c.Instance)
		})
		if err != nil {
			return nil, err
		}
		if len(all) == 0 && len(f) > 0 && p.after == "" {
			return nil, notFound("No Connections found matching provided filters")
		}
		names := namesOf{from: s.reads(ctx), known: map[string]string{}}
		out := &dmsapi.DescribeConnectionsResponse{Marker: marker, Connections: make([]dmsapi.Connection, len(all))}
		for i := range all {
			c := &all[i]
			instanceName, err := names.of(instances, c.Instance)
			if err != nil {
				return nil, err
			}
			endpointName, err := names.of(endpoints, c.Endpoint)
			if err != nil {
				return nil, err
			}
			out.Connections[i] = *s.showConnection(c, instanceName, endpointName)
		}
		return out, nil
	})
}

// namesOf finds the identifiers of resources, each once.
type namesOf struct {
	from  getter
	known map[string]string
}

// of is the identifier of a resource; empty if it has just gone.
func (n *namesOf) of(k kind, id string) (string, error) {
	key := k.keys() + id
	if name, known := n.known[key]; known {
		return name, nil
	}
	rec, err := store.Read[struct{ Name string }](n.from, key)
	if err != nil && !errors.Is(err, store.ErrNotFound) {
		return "", err
	}
	n.known[key] = rec.Name
	return rec.Name, nil
}
