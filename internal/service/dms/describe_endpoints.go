package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// describeEndpoints lists endpoints. Filters that nothing matches are a fault, which the waiter EndpointDeleted waits for.
func (s *Service) describeEndpoints() service.Operation {
	return handle(s, "DescribeEndpoints", func(ctx context.Context, call *service.Call, in *dmsapi.DescribeEndpointsMessage) (*dmsapi.DescribeEndpointsResponse, error) {
		f, err := filtersOf(in.Filters, "endpoint-arn", "endpoint-type", "endpoint-id", "engine-name")
		if err != nil {
			return nil, err
		}
		for i, name := range f["endpoint-id"] {
			f["endpoint-id"][i] = strings.ToLower(name) // as they are kept
		}
		p, err := pageOf("DescribeEndpoints", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		all, marker, err := collectItems(s.narrowed(ctx, endpoints, f["endpoint-arn"], f["endpoint-id"]), endpoints.keys(), p, func(e *Endpoint) bool {
			return s.allowsARN(f, "endpoint-arn", endpoints, e.ID) && f.allow("endpoint-type", e.Type) &&
				f.allow("endpoint-id", e.Name) && f.allow("engine-name", e.Engine)
		})
		if err != nil {
			return nil, err
		}
		if len(all) == 0 && len(f) > 0 && p.after == "" {
			return nil, notFound("No Endpoints found matching provided filters")
		}
		out := &dmsapi.DescribeEndpointsResponse{Marker: marker, Endpoints: make([]dmsapi.Endpoint, len(all))}
		parts := make([]encodedEndpoint, len(all))
		for i := range all {
			shown, err := store.Memo(all[i], s.shownEndpoint)
			if err != nil {
				return nil, err
			}
			out.Endpoints[i] = *shown
			if parts[i], err = store.Memo(all[i], s.encodeEndpoint); err != nil {
				return nil, err
			}
		}
		call.Encode = func(dst []byte) []byte { return encodeEndpoints(dst, parts, marker) }
		return out, nil
	})
}

// shownEndpoint is an endpoint's record as it is answered.
func (s *Service) shownEndpoint(item store.Item) (*dmsapi.Endpoint, error) {
	rec, err := store.Decoded[Endpoint](item)
	if err != nil {
		return nil, err
	}
	return s.showEndpoint(rec), nil
}

// encodeEndpoints writes the answer. Each endpoint is encoded once for as long as it does not change: to encode a page of 100
// anew costs four times what the rest of the call does (BenchmarkDescribeEndpoints).
func encodeEndpoints(dst []byte, parts []encodedEndpoint, marker *string) []byte {
	dst = append(dst, `{"Endpoints":[`...)
	for i, part := range parts {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, part...)
	}
	dst = append(dst, ']')
	if marker != nil {
		dst = append(append(append(dst, `,"Marker":"`...), *marker...), '"') // base64
	}
	return append(dst, '}')
}

type encodedEndpoint []byte

func (s *Service) encodeEndpoint(item store.Item) (encodedEndpoint, error) {
	shown, err := store.Memo(item, s.shownEndpoint)
	if err != nil {
		return nil, err
	}
	return dmsapi.Service.AppendShapeJSON(nil, "Endpoint", shown), nil
}
