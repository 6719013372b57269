package logs

import (
	"context"
	"math"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/logstore/pattern"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// mostScanned bounds what one call looks through; the next goes on where it has ended.
const mostScanned = 1 << 30

func (s *Service) filterLogEvents() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.FilterLogEventsRequest) ([]service.Check, error) {
		return s.either(ctx, call, in.LogGroupName, in.LogGroupIdentifier), nil
	}
	return service.Handle("FilterLogEvents", access, func(ctx context.Context, call *service.Call, in *logsapi.FilterLogEventsRequest) (*logsapi.FilterLogEventsResponse, error) {
		group, err := groupName(call, in.LogGroupName, in.LogGroupIdentifier)
		if err != nil {
			return nil, err
		}
		if in.StartFromHead != nil && !*in.StartFromHead {
			return nil, invalid("Events are read from the earliest on here: leave startFromHead out, or ask GetLogEvents for the latest of a stream.")
		}
		p, err := pattern.Parse(deref(in.FilterPattern))
		if err != nil {
			return nil, invalid("Invalid filter pattern: %v.", err)
		}
		streams, err := s.searched(ctx, group, in.LogStreamNames, in.LogStreamNamePrefix)
		if err != nil {
			return nil, err
		}
		c := &logstore.Scan{Streams: streams, MostBytes: mostScanned}
		c.From, c.Till = times(in.StartTime, in.EndTime)
		if c.Till.At < math.MaxInt64 {
			c.Till.At++ // events later than the end are left out (API reference, FilterLogEvents); GetLogEvents leaves out those of the end too
		}
		if token := deref(in.NextToken); token != "" {
			at, err := placeOf(token)
			if err != nil {
				return nil, err
			}
			if c.From.Before(at) {
				c.From = at
			}
		}
		if !p.All() {
			c.Keep = p.Match
		}
		limit := mostEvents
		if in.Limit != nil {
			limit = int(*in.Limit)
		}
		return s.filter(ctx, c, limit)
	})
}

func (s *Service) filter(ctx context.Context, c *logstore.Scan, limit int) (*logsapi.FilterLogEventsResponse, error) {
	out := &logsapi.FilterLogEventsResponse{Events: []logsapi.FilteredLogEvent{}, SearchedLogStreams: []logsapi.SearchedLogStream{}}
	bytes := 0
	c.See = func(stream int, e *logstore.Event) bool {
		bytes += len(e.Message)
		out.Events = append(out.Events, logsapi.FilteredLogEvent{
			EventId: new(placeText(e.Place())), LogStreamName: &c.Streams[stream].Name, Timestamp: new(e.At), Message: new(string(e.Message)), IngestionTime: new(e.Ingested),
		})
		return len(out.Events) < limit && bytes < mostBytes
	}
	next, done, err := s.Store.Scan(ctx, c)
	if err != nil {
		return nil, err
	}
	if !done {
		out.NextToken = new(placeText(next))
	}
	return out, nil
}

// searched are the streams of a group that a request looks into.
func (s *Service) searched(ctx context.Context, group string, names []string, prefix *string) ([]logstore.Stream, error) {
	if len(names) > 0 && prefix != nil {
		return nil, invalid("logStreamNames and logStreamNamePrefix are mutually exclusive: give one of them.")
	}
	all, err := s.Store.Streams(ctx, group)
	if err != nil {
		return nil, fault(err)
	}
	for _, name := range names {
		if !slices.ContainsFunc(all, func(x logstore.Stream) bool { return x.Name == name }) {
			return nil, fault(logstore.ErrNoStream)
		}
	}
	return slices.DeleteFunc(all, func(x logstore.Stream) bool {
		return len(names) > 0 && !slices.Contains(names, x.Name) || !strings.HasPrefix(x.Name, deref(prefix))
	}), nil
}
