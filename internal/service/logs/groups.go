package logs

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) createLogGroup() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.CreateLogGroupRequest) ([]service.Check, error) {
		name := deref(in.LogGroupName)
		checks := s.onGroup(ctx, call, name)
		if len(in.Tags) == 0 {
			return checks, nil
		}
		// Whoever makes a group with tags needs the right to give it some (API reference, CreateLogGroup, tags).
		checks[0].Keys = service.RequestTagKeys(in.Tags)
		return append(checks, service.Check{Action: call.Service.ActionPrefix + ":TagResource", Resource: groupARN(call, name), Keys: checks[0].Keys}), nil
	}
	return service.Handle("CreateLogGroup", access, func(ctx context.Context, _ *service.Call, in *logsapi.CreateLogGroupRequest) (*service.None, error) {
		if in.KmsKeyId != nil {
			return nil, invalid("Log groups are not encrypted under keys here: leave kmsKeyId out.")
		}
		if err := s.roomForGroup(ctx); err != nil {
			return nil, err
		}
		err := s.Store.CreateGroup(ctx, logstore.Group{Name: *in.LogGroupName, Class: deref(in.LogGroupClass), Kept: deref(in.DeletionProtectionEnabled), Tags: in.Tags})
		if errors.Is(err, logstore.ErrExists) {
			return nil, logsapi.Service.NewError("ResourceAlreadyExistsException", "The specified log group already exists")
		}
		return &service.None{}, fault(err)
	})
}

func (s *Service) deleteLogGroup() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.DeleteLogGroupRequest) ([]service.Check, error) {
		return s.onGroup(ctx, call, deref(in.LogGroupName)), nil
	}
	return service.Handle("DeleteLogGroup", access, func(ctx context.Context, _ *service.Call, in *logsapi.DeleteLogGroupRequest) (*service.None, error) {
		g, err := s.Store.Group(ctx, *in.LogGroupName)
		if err != nil {
			return nil, fault(err)
		}
		if g.Kept {
			return nil, logsapi.Service.NewError("ValidationException", "The log group %s is protected against deletion.", g.Name)
		}
		return &service.None{}, fault(s.Store.DeleteGroup(ctx, g.Name))
	})
}

// describedAtOnce is the size of a page unless another is asked for.
const describedAtOnce = 50

func (s *Service) describeLogGroups() service.Operation {
	access := func(_ context.Context, call *service.Call, _ *logsapi.DescribeLogGroupsRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	}
	return service.Handle("DescribeLogGroups", access, func(ctx context.Context, call *service.Call, in *logsapi.DescribeLogGroupsRequest) (*logsapi.DescribeLogGroupsResponse, error) {
		if in.LogGroupNamePrefix != nil && in.LogGroupNamePattern != nil {
			return nil, invalid("LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.")
		}
		limit := describedAtOnce
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		after, err := nameToken(in.NextToken)
		if err != nil {
			return nil, err
		}
		ours := len(in.AccountIdentifiers) == 0 || slices.Contains(in.AccountIdentifiers, call.Account)
		found, more, err := s.Store.Groups(ctx, after, limit, func(g *logstore.Group) bool { return ours && wanted(g, in) })
		if err != nil {
			return nil, err
		}
		out := &logsapi.DescribeLogGroupsResponse{LogGroups: []logsapi.LogGroup{}}
		for i := range found {
			out.LogGroups = append(out.LogGroups, showGroup(call, &found[i]))
		}
		if more {
			out.NextToken = new(tokenOfName(found[len(found)-1].Name))
		}
		return out, nil
	})
}

func wanted(g *logstore.Group, in *logsapi.DescribeLogGroupsRequest) bool {
	switch {
	case !strings.HasPrefix(g.Name, deref(in.LogGroupNamePrefix)),
		!strings.Contains(strings.ToLower(g.Name), strings.ToLower(deref(in.LogGroupNamePattern))),
		in.LogGroupClass != nil && g.Class != *in.LogGroupClass:
		return false
	}
	return len(in.LogGroupIdentifiers) == 0 || slices.ContainsFunc(in.LogGroupIdentifiers, func(id string) bool { return nameOf(id) == g.Name })
}

func showGroup(call *service.Call, g *logstore.MeasuredGroup) logsapi.LogGroup {
	arn := groupARN(call, g.Name)
	out := logsapi.LogGroup{
		LogGroupName: &g.Name, Arn: new(arn + ":*"), LogGroupArn: &arn, CreationTime: new(g.Made.UnixMilli()), MetricFilterCount: new(int64),
		StoredBytes: &g.Bytes, LogGroupClass: &g.Class, DeletionProtectionEnabled: &g.Kept,
	}
	if g.Days > 0 {
		out.RetentionInDays = new(int64(g.Days))
	}
	return out
}

// retentions are the numbers of days that AWS knows.
var retentions = []int64{1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}

func (s *Service) putRetentionPolicy() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.PutRetentionPolicyRequest) ([]service.Check, error) {
		return s.onGroup(ctx, call, deref(in.LogGroupName)), nil
	}
	return service.Handle("PutRetentionPolicy", access, func(ctx context.Context, _ *service.Call, in *logsapi.PutRetentionPolicyRequest) (*service.None, error) {
		if !slices.Contains(retentions, *in.RetentionInDays) {
			return nil, invalid("1 validation error detected: Value '%d' at 'retentionInDays' failed to satisfy constraint: Member must satisfy enum value set: %v", *in.RetentionInDays, retentions)
		}
		return &service.None{}, fault(s.Store.ChangeGroup(ctx, *in.LogGroupName, func(g *logstore.Group) { g.Days = int(*in.RetentionInDays) }))
	})
}

func (s *Service) deleteRetentionPolicy() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.DeleteRetentionPolicyRequest) ([]service.Check, error) {
		return s.onGroup(ctx, call, deref(in.LogGroupName)), nil
	}
	return service.Handle("DeleteRetentionPolicy", access, func(ctx context.Context, _ *service.Call, in *logsapi.DeleteRetentionPolicyRequest) (*service.None, error) {
		return &service.None{}, fault(s.Store.ChangeGroup(ctx, *in.LogGroupName, func(g *logstore.Group) { g.Days = 0 }))
	})
}
