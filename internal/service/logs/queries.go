package logs

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/logsapi"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/logstore/insight"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// mostQueried is how many groups one query may look into.
const mostQueried = 50

// asked are the groups that a query is about, in whichever way they are given.
func asked(in *logsapi.StartQueryRequest) []string {
	groups := slices.Clone(in.LogGroupNames)
	if in.LogGroupName != nil {
		groups = append(groups, *in.LogGroupName)
	}
	for _, id := range in.LogGroupIdentifiers {
		groups = append(groups, nameOf(id))
	}
	return groups
}

func (s *Service) startQuery() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *logsapi.StartQueryRequest) ([]service.Check, error) {
		var checks []service.Check
		for _, group := range asked(in) {
			checks = append(checks, s.onGroup(ctx, call, group)...)
		}
		if len(checks) == 0 {
			return call.OnAny(), nil
		}
		return checks, nil
	}
	return service.Handle("StartQuery", access, func(ctx context.Context, call *service.Call, in *logsapi.StartQueryRequest) (*logsapi.StartQueryResponse, error) {
		groups := asked(in)
		ways := 0
		for _, given := range []bool{in.LogGroupName != nil, len(in.LogGroupNames) > 0, len(in.LogGroupIdentifiers) > 0} {
			if given {
				ways++
			}
		}
		if ways != 1 || len(groups) > mostQueried {
			return nil, invalid("Exactly one of logGroupName, logGroupNames and logGroupIdentifiers is required, with up to %d log groups.", mostQueried)
		}
		if l := deref(in.QueryLanguage); l != "" && l != "CWLI" {
			return nil, invalid("The query language %s is not served: queries are of CWLI, Logs Insights' own.", l)
		}
		if *in.StartTime >= *in.EndTime {
			return nil, invalid("End time should not be less than start time.")
		}
		for _, id := range in.LogGroupIdentifiers {
			if err := ours(call, id); err != nil {
				return nil, err
			}
		}
		parsed, err := insight.Parse(*in.QueryString)
		if err != nil {
			return nil, logsapi.Service.NewError("MalformedQueryException", "%v", err)
		}
		for _, group := range groups {
			if _, err := s.Store.Group(ctx, group); err != nil {
				return nil, fault(err)
			}
		}
		from, till := logstore.Place{At: *in.StartTime * 1000}, logstore.Place{At: (*in.EndTime + 1) * 1000} // seconds, both looked at
		x, err := s.begin(*in.QueryString, parsed, groups, from, till, int(deref(in.Limit)), call.Now)
		if err != nil {
			return nil, err
		}
		return &logsapi.StartQueryResponse{QueryId: &x.id}, nil
	})
}

// onQuery is the check of operations on a query.
func onQuery(call *service.Call) []service.Check { return call.OnAny() }

func noQuery(id string) error {
	return logsapi.Service.NewError("ResourceNotFoundException", "There is no query %s, or its results are gone: they stay for an hour, and not over a restart.", id)
}

func (s *Service) getQueryResults() service.Operation {
	access := func(_ context.Context, call *service.Call, _ *logsapi.GetQueryResultsRequest) ([]service.Check, error) {
		return onQuery(call), nil
	}
	return service.Handle("GetQueryResults", access, func(_ context.Context, _ *service.Call, in *logsapi.GetQueryResultsRequest) (*logsapi.GetQueryResultsResponse, error) {
		x := s.queries.find(*in.QueryId)
		if x == nil {
			return nil, noQuery(*in.QueryId)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		out := &logsapi.GetQueryResultsResponse{Results: [][]logsapi.ResultField{}, Status: new(x.mu.state), QueryLanguage: new("CWLI"), Statistics: &logsapi.QueryStatistics{
			BytesScanned: new(float64(x.mu.bytes)), RecordsScanned: new(float64(x.mu.scanned)), RecordsMatched: new(float64(x.mu.matched)), LogGroupsScanned: new(float64(len(x.groups))),
		}}
		rows, next, err := pageByPlace(x.mu.rows, in.MaxItems, in.NextToken)
		if err != nil {
			return nil, err
		}
		out.NextToken = next
		for _, row := range rows {
			var fields []logsapi.ResultField
			for i := range row {
				fields = append(fields, logsapi.ResultField{Field: &row[i].Field, Value: &row[i].Value})
			}
			out.Results = append(out.Results, fields)
		}
		return out, nil
	})
}

func (s *Service) stopQuery() service.Operation {
	access := func(_ context.Context, call *service.Call, _ *logsapi.StopQueryRequest) ([]service.Check, error) {
		return onQuery(call), nil
	}
	return service.Handle("StopQuery", access, func(_ context.Context, _ *service.Call, in *logsapi.StopQueryRequest) (*logsapi.StopQueryResponse, error) {
		x := s.queries.find(*in.QueryId)
		if x == nil {
			return nil, noQuery(*in.QueryId)
		}
		x.mu.Lock()
		defer x.mu.Unlock()
		if x.mu.state != queryRunning {
			return nil, invalid("The query %s has ended already: %s.", x.id, x.mu.state)
		}
		x.mu.state = queryCancelled
		x.cancel()
		return &logsapi.StopQueryResponse{Success: new(true)}, nil
	})
}

func (s *Service) describeQueries() service.Operation {
	access := func(_ context.Context, call *service.Call, _ *logsapi.DescribeQueriesRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	}
	return service.Handle("DescribeQueries", access, func(_ context.Context, _ *service.Call, in *logsapi.DescribeQueriesRequest) (*logsapi.DescribeQueriesResponse, error) {
		out := &logsapi.DescribeQueriesResponse{Queries: []logsapi.QueryInfo{}}
		for _, x := range s.queries.list() {
			state := x.state()
			if in.LogGroupName != nil && !slices.Contains(x.groups, *in.LogGroupName) || in.Status != nil && *in.Status != state || in.QueryLanguage != nil && *in.QueryLanguage != "CWLI" {
				continue
			}
			out.Queries = append(out.Queries, logsapi.QueryInfo{
				QueryId: &x.id, QueryString: &x.text, Status: &state, CreateTime: new(x.began.UnixMilli()), LogGroupName: &x.groups[0], QueryLanguage: new("CWLI"),
			})
		}
		var err error
		out.Queries, out.NextToken, err = pageByPlace(out.Queries, in.MaxResults, in.NextToken)
		return out, err
	})
}
