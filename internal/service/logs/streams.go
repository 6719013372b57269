package logs

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/service"
)

func (s *Service) createLogStream() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.CreateLogStreamRequest) ([]service.Check, error) {
		return s.onStream(ctx, call, deref(in.LogGroupName), deref(in.LogStreamName)), nil
	}
	return service.Handle("CreateLogStream", access, func(ctx context.Context, _ *service.Call, in *logsapi.CreateLogStreamRequest) (*service.None, error) {
		if err := s.roomForStream(ctx); err != nil {
			return nil, err
		}
		err := s.Store.CreateStream(ctx, *in.LogGroupName, *in.LogStreamName)
		if errors.Is(err, logstore.ErrExists) {
			return nil, logsapi.Service.NewError("ResourceAlreadyExistsException", "The specified log stream already exists")
		}
		return &service.None{}, fault(err)
	})
}

func (s *Service) deleteLogStream() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.DeleteLogStreamRequest) ([]service.Check, error) {
		return s.onStream(ctx, call, deref(in.LogGroupName), deref(in.LogStreamName)), nil
	}
	return service.Handle("DeleteLogStream", access, func(ctx context.Context, _ *service.Call, in *logsapi.DeleteLogStreamRequest) (*service.None, error) {
		return &service.None{}, fault(s.Store.DeleteStream(ctx, *in.LogGroupName, *in.LogStreamName))
	})
}

const byLastEvent = "LastEventTime"

func (s *Service) describeLogStreams() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.DescribeLogStreamsRequest) ([]service.Check, error) {
		return s.either(ctx, call, in.LogGroupName, in.LogGroupIdentifier), nil
	}
	return service.Handle("DescribeLogStreams", access, func(ctx context.Context, call *service.Call, in *logsapi.DescribeLogStreamsRequest) (*logsapi.DescribeLogStreamsResponse, error) {
		group, err := groupName(call, in.LogGroupName, in.LogGroupIdentifier)
		if err != nil {
			return nil, err
		}
		if deref(in.OrderBy) == byLastEvent && in.LogStreamNamePrefix != nil {
			return nil, invalid("Cannot order by LastEventTime with a logStreamNamePrefix.")
		}
		after, err := nameToken(in.NextToken)
		if err != nil {
			return nil, err
		}
		all, err := s.Store.Measured(ctx, group)
		if err != nil {
			return nil, fault(err)
		}
		all = slices.DeleteFunc(all, func(x logstore.MeasuredStream) bool { return !strings.HasPrefix(x.Name, deref(in.LogStreamNamePrefix)) })
		slices.SortStableFunc(all, streamOrder(deref(in.OrderBy), deref(in.Descending)))
		if after != "" {
			at := slices.IndexFunc(all, func(x logstore.MeasuredStream) bool { return x.Name == after })
			if at < 0 {
				return nil, invalid("The specified nextToken is invalid.")
			}
			all = all[at+1:]
		}
		limit := describedAtOnce
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		out := &logsapi.DescribeLogStreamsResponse{LogStreams: []logsapi.LogStream{}}
		for i := range all[:min(limit, len(all))] {
			out.LogStreams = append(out.LogStreams, showStream(call, group, &all[i]))
		}
		if len(all) > limit {
			out.NextToken = new(tokenOfName(all[limit-1].Name))
		}
		return out, nil
	})
}

func streamOrder(by string, descending bool) func(a, b logstore.MeasuredStream) int {
	sign := 1
	if descending {
		sign = -1
	}
	return func(a, b logstore.MeasuredStream) int {
		if by == byLastEvent {
			return sign * cmp.Or(a.Last.Compare(b.Last), cmp.Compare(a.Name, b.Name))
		}
		return sign * cmp.Compare(a.Name, b.Name)
	}
}

func showStream(call *service.Call, group string, x *logstore.MeasuredStream) logsapi.LogStream {
	return logsapi.LogStream{
		LogStreamName: &x.Name, Arn: new(groupARN(call, group) + ":log-stream:" + x.Name), CreationTime: new(x.Made.UnixMilli()), StoredBytes: &x.Bytes,
		FirstEventTimestamp: millis(x.First), LastEventTimestamp: millis(x.Last), LastIngestionTime: millis(x.Ingested),
	}
}

func millis(t time.Time) *int64 {
	if t.IsZero() {
		return nil
	}
	return new(t.UnixMilli())
}
