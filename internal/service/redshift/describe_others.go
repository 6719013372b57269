package redshift

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/redshiftapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func invalid(form string, args ...any) error {
	return &wire.Error{Code: "InvalidParameterValue", Message: fmt.Sprintf(form, args...), Status: 400}
}

// anything is the access of the operations that have no resources.
func anything[In any](_ context.Context, call *service.Call, _ *In) ([]service.Check, error) {
	return call.OnAny(), nil
}

// Of what follows nothing is registered: the lists are empty, and what is asked for by its name is not there.

func (s *Service) describeAccountAttributes() service.Operation {
	return service.Handle("DescribeAccountAttributes", anything[redshiftapi.DescribeAccountAttributesMessage],
		func(context.Context, *service.Call, *redshiftapi.DescribeAccountAttributesMessage) (*redshiftapi.AccountAttributeList, error) {
			return &redshiftapi.AccountAttributeList{AccountAttributes: []redshiftapi.AccountAttribute{}}, nil
		})
}

func (s *Service) describeClusterParameterGroups() service.Operation {
	return service.Handle("DescribeClusterParameterGroups", anything[redshiftapi.DescribeClusterParameterGroupsMessage],
		func(_ context.Context, _ *service.Call, in *redshiftapi.DescribeClusterParameterGroupsMessage) (*redshiftapi.ClusterParameterGroupsMessage, error) {
			if name := value(in.ParameterGroupName); name != "" {
				return nil, noParameterGroup(name)
			}
			return &redshiftapi.ClusterParameterGroupsMessage{ParameterGroups: []redshiftapi.ClusterParameterGroup{}}, nil
		})
}

func noParameterGroup(name string) error {
	return redshiftapi.Service.NewError("ClusterParameterGroupNotFoundFault", "ParameterGroup not found: %s", name)
}

func (s *Service) describeClusterParameters() service.Operation {
	return service.Handle("DescribeClusterParameters",
		func(_ context.Context, call *service.Call, in *redshiftapi.DescribeClusterParametersMessage) ([]service.Check, error) {
			return call.On(call.ARN("parametergroup:" + value(in.ParameterGroupName))), nil
		},
		func(_ context.Context, _ *service.Call, in *redshiftapi.DescribeClusterParametersMessage) (*redshiftapi.ClusterParameterGroupDetails, error) {
			return nil, noParameterGroup(value(in.ParameterGroupName))
		})
}

func (s *Service) describeClusterSubnetGroups() service.Operation {
	return service.Handle("DescribeClusterSubnetGroups", anything[redshiftapi.DescribeClusterSubnetGroupsMessage],
		func(_ context.Context, _ *service.Call, in *redshiftapi.DescribeClusterSubnetGroupsMessage) (*redshiftapi.ClusterSubnetGroupMessage, error) {
			if name := value(in.ClusterSubnetGroupName); name != "" {
				return nil, redshiftapi.Service.NewError("ClusterSubnetGroupNotFoundFault", "Cluster subnet group not found: %s", name)
			}
			return &redshiftapi.ClusterSubnetGroupMessage{ClusterSubnetGroups: []redshiftapi.ClusterSubnetGroup{}}, nil
		})
}

func (s *Service) describeClusterVersions() service.Operation {
	return service.Handle("DescribeClusterVersions", anything[redshiftapi.DescribeClusterVersionsMessage],
		func(context.Context, *service.Call, *redshiftapi.DescribeClusterVersionsMessage) (*redshiftapi.ClusterVersionsMessage, error) {
			return &redshiftapi.ClusterVersionsMessage{ClusterVersions: []redshiftapi.ClusterVersion{}}, nil
		})
}

func (s *Service) describeEvents() service.Operation {
	return service.Handle("DescribeEvents", anything[redshiftapi.DescribeEventsMessage],
		func(context.Context, *service.Call, *redshiftapi.DescribeEventsMessage) (*redshiftapi.EventsMessage, error) {
			return &redshiftapi.EventsMessage{Events: []redshiftapi.Event{}}, nil
		})
}

func (s *Service) describeLoggingStatus() service.Operation {
	return service.Handle("DescribeLoggingStatus",
		func(_ context.Context, call *service.Call, in *redshiftapi.DescribeLoggingStatusMessage) ([]service.Check, error) {
			return onCluster(call, in.ClusterIdentifier), nil
		},
		func(_ context.Context, _ *service.Call, in *redshiftapi.DescribeLoggingStatusMessage) (*redshiftapi.LoggingStatus, error) {
			if _, err := s.find(value(in.ClusterIdentifier)); err != nil {
				return nil, err
			}
			return &redshiftapi.LoggingStatus{LoggingEnabled: new(false)}, nil
		})
}

func (s *Service) describeOrderableClusterOptions() service.Operation {
	return service.Handle("DescribeOrderableClusterOptions", anything[redshiftapi.DescribeOrderableClusterOptionsMessage],
		func(context.Context, *service.Call, *redshiftapi.DescribeOrderableClusterOptionsMessage) (*redshiftapi.OrderableClusterOptionsMessage, error) {
			return &redshiftapi.OrderableClusterOptionsMessage{OrderableClusterOptions: []redshiftapi.OrderableClusterOption{}}, nil
		})
}

func (s *Service) describeStorage() service.Operation {
	return service.Handle("DescribeStorage", anything[service.None],
		func(context.Context, *service.Call, *service.None) (*redshiftapi.CustomerStorageMessage, error) {
			return &redshiftapi.CustomerStorageMessage{TotalBackupSizeInMegaBytes: new(0.0), TotalProvisionedStorageInMegaBytes: new(0.0)}, nil
		})
}

func (s *Service) describeTags() service.Operation {
	return service.Handle("DescribeTags",
		func(_ context.Context, call *service.Call, in *redshiftapi.DescribeTagsMessage) ([]service.Check, error) {
			if name := value(in.ResourceName); name != "" {
				return call.On(name), nil
			}
			return call.OnAny(), nil
		},
		func(_ context.Context, call *service.Call, in *redshiftapi.DescribeTagsMessage) (*redshiftapi.TaggedResourceListMessage, error) {
			out := &redshiftapi.TaggedResourceListMessage{TaggedResources: []redshiftapi.TaggedResource{}}
			name, kind := value(in.ResourceName), value(in.ResourceType)
			if name != "" && !slices.ContainsFunc(s.Clusters, func(c Cluster) bool { return call.ARN("cluster:"+c.Identifier) == name }) {
				return nil, redshiftapi.Service.NewError("ResourceNotFoundFault", "The resource %s is not there.", name)
			}
			if kind != "" && !strings.EqualFold(kind, "cluster") {
				return out, nil
			}
			for i := range s.Clusters {
				c := &s.Clusters[i]
				arn := call.ARN("cluster:" + c.Identifier)
				if name != "" && name != arn {
					continue
				}
				for _, k := range slices.Sorted(maps.Keys(c.Tags)) {
					v := c.Tags[k]
					if (len(in.TagKeys) == 0 || slices.Contains(in.TagKeys, k)) && (len(in.TagValues) == 0 || slices.Contains(in.TagValues, v)) {
						out.TaggedResources = append(out.TaggedResources, redshiftapi.TaggedResource{ResourceName: new(arn), ResourceType: new("cluster"), Tag: &redshiftapi.Tag{Key: new(k), Value: new(v)}})
					}
				}
			}
			page, next, err := paged(out.TaggedResources, func(r *redshiftapi.TaggedResource) string { return *r.ResourceName + " " + *r.Tag.Key }, in.MaxRecords, in.Marker)
			out.TaggedResources, out.Marker = page, next
			return out, err
		})
}
