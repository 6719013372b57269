package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeEndpoints lists endpoints. Filters that nothing matches are a fault, which the waiter EndpointDeleted waits for.
func (s *Service) describeEndpoints() service.Operation {
	return handle(s, "DescribeEndpoints", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeEndpointsMessage) (*dmsapi.DescribeEndpointsResponse, error) {
		f, err := filtersOf(in.Filters, "endpoint-arn", "endpoint-type", "endpoint-id", "engine-name")
		if err != nil {
			return nil, err
		}
		for i, name := range f["endpoint-id"] {
			f["endpoint-id"][i] = strings.ToLower(name) // as they are kept
		}
		p, err := pageOf(in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		all, marker, err := collect(outside{ctx, s.Store}, endpoints.keys(), p, func(e *Endpoint) bool {
			return f.allow("endpoint-arn", s.arn(endpoints, e.ID)) && f.allow("endpoint-type", e.Type) &&
				f.allow("endpoint-id", e.Name) && f.allow("engine-name", e.Engine)
		})
		if err != nil {
			return nil, err
		}
		if len(all) == 0 && len(f) > 0 && p.after == "" {
			return nil, notFound("No Endpoints found matching provided filters")
		}
		out := &dmsapi.DescribeEndpointsResponse{Marker: marker, Endpoints: make([]dmsapi.Endpoint, len(all))}
		for i := range all {
			out.Endpoints[i] = *s.showEndpoint(&all[i])
		}
		return out, nil
	})
}
