package dms

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeEndpointTypes lists the engines that are reached, each once for every end that it may be. Every version of the
// engine reaches all of them, so none is named as the least. Changes are read from every source and applied to every target.
func (s *Service) describeEndpointTypes() service.Operation {
	return handle(s, "DescribeEndpointTypes", func(_ context.Context, _ *service.Call, in *dmsapi.DescribeEndpointTypesMessage) (*dmsapi.DescribeEndpointTypesResponse, error) {
		f, err := filtersOf(in.Filters, "engine-name", "endpoint-type")
		if err != nil {
			return nil, err
		}
		p, err := pageOf("DescribeEndpointTypes", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		all := []dmsapi.SupportedEndpointType{}
		for i := range engines {
			e := &engines[i]
			for _, end := range []string{asSource, asTarget} {
				if e.at(end) == nil && f.allow("engine-name", e.name) && f.allow("endpoint-type", end) {
					all = append(all, dmsapi.SupportedEndpointType{EngineName: &e.name, EngineDisplayName: &e.display, EndpointType: new(end), SupportsCDC: new(true)})
				}
			}
		}
		out := &dmsapi.DescribeEndpointTypesResponse{}
		out.SupportedEndpointTypes, out.Marker, err = slicePage(all, p)
		return out, err
	})
}
