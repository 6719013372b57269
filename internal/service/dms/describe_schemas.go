package dms

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeSchemas lists the schemas that the last refresh has found, by the alphabet.
func (s *Service) describeSchemas() service.Operation {
	return handle(s, "DescribeSchemas", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeSchemasMessage) (*dmsapi.DescribeSchemasResponse, error) {
		p, err := pageOf("DescribeSchemas", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		rec, err := s.schemasOf(ctx, value(in.EndpointArn))
		if err != nil {
			return nil, err
		}
		names := slices.Sorted(slices.Values(rec.Names))
		from, found := slices.BinarySearch(names, p.after) // by name, since a refresh may have changed the list
		if found {
			from++
		}
		to := min(len(names), from+p.limit)
		out := &dmsapi.DescribeSchemasResponse{Schemas: names[from:to:to]}
		if to < len(names) {
			out.Marker = p.markerOf(names[to-1])
		}
		if out.Schemas == nil {
			out.Schemas = []string{}
		}
		return out, nil
	})
}
