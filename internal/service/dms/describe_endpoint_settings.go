package dms

import (
	"context"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeEndpointSettings lists the settings that endpoints of an engine may have, from the table that they are checked
// by: with the values that are taken and no others, and without those that are refused. A setting that means one thing at
// the source and another at the target is listed for each.
func (s *Service) describeEndpointSettings() service.Operation {
	return handle(s, "DescribeEndpointSettings", func(_ context.Context, _ *service.Call, in *dmsapi.DescribeEndpointSettingsMessage) (*dmsapi.DescribeEndpointSettingsResponse, error) {
		e, err := engineOf(value(in.EngineName))
		if err != nil {
			return nil, err
		}
		p, err := pageOf("DescribeEndpointSettings", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		all := []dmsapi.EndpointSetting{}
		for i := range e.settings {
			if set := &e.settings[i]; set.without != e.name && set.supported() {
				all = append(all, set.show())
			}
		}
		out := &dmsapi.DescribeEndpointSettingsResponse{}
		out.EndpointSettings, out.Marker, err = slicePage(all, p)
		return out, err
	})
}

func (s *setting) show() dmsapi.EndpointSetting {
	shown := dmsapi.EndpointSetting{
		Name: &s.name, Type: new(string(s.form)), Applicability: new(s.applies()), DefaultValue: some(s.otherwise), Units: some(s.unit),
		Sensitive: new(false),
	}
	switch {
	case s.form == number:
		shown.IntValueMin, shown.IntValueMax = &s.low, &s.high
	case len(s.only) > 0:
		shown.EnumValues = s.only
	case s.form == choice:
		shown.EnumValues = s.values
	}
	return shown
}

// applies says which endpoints have the setting.
func (s *setting) applies() string {
	if s.end == "" {
		return "both"
	}
	return s.end
}

// slicePage is a page of what is not in the store. Its marker is where the next one begins.
func slicePage[T any](all []T, p paging) (page []T, marker *string, err error) {
	from := 0
	if p.after != "" {
		if from, err = strconv.Atoi(p.after); err != nil || from < 0 || from > len(all) {
			return nil, nil, p.foreign()
		}
	}
	to := min(len(all), from+p.limit)
	if to < len(all) {
		marker = p.markerOf(strconv.Itoa(to))
	}
	return all[from:to], marker, nil
}
