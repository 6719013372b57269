package cloudwatch

import (
	"context"
	"encoding/base64"
	"strconv"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/metric"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listedAtOnce is the size of a page, recently what RecentlyActive means.
const (
	listedAtOnce = 500
	recently     = 3 * time.Hour
)

func (s *Service) listMetrics() service.Operation {
	return service.Handle("ListMetrics", onAny, func(_ context.Context, call *service.Call, in *cloudwatchapi.ListMetricsInput) (*cloudwatchapi.ListMetricsOutput, error) {
		out := &cloudwatchapi.ListMetricsOutput{Metrics: []cloudwatchapi.Metric{}}
		if owner := deref(in.OwningAccount); owner != "" && owner != call.Account {
			return out, nil // nobody shares metrics with this account
		}
		skip, err := pageToken(in.NextToken)
		if err != nil {
			return nil, err
		}
		before := metric.Name{Metric: "\x00"}
		for _, k := range s.Metrics.Known(func(k *metric.Known) bool { return s.listed(k, in) }) {
			if same(k.Name, before) {
				continue // in another unit
			}
			before = k.Name
			if skip > 0 {
				skip--
				continue
			}
			if len(out.Metrics) == listedAtOnce {
				at, _ := pageToken(in.NextToken) // it was read before
				out.NextToken = new(tokenOf(at + listedAtOnce))
				return out, nil
			}
			out.Metrics = append(out.Metrics, cloudwatchapi.Metric{Namespace: &k.Name.Namespace, MetricName: &k.Name.Metric, Dimensions: showDimensions(k.Name.Dimensions)})
			if deref(in.IncludeLinkedAccounts) {
				out.OwningAccounts = append(out.OwningAccounts, call.Account)
			}
		}
		return out, nil
	})
}

// onAny is the access of operations that name no resource.
func onAny[In any](_ context.Context, call *service.Call, _ *In) ([]service.Check, error) {
	return call.OnAny(), nil
}

func same(a, b metric.Name) bool {
	if a.Namespace != b.Namespace || a.Metric != b.Metric || len(a.Dimensions) != len(b.Dimensions) {
		return false
	}
	for i := range a.Dimensions {
		if a.Dimensions[i] != b.Dimensions[i] {
			return false
		}
	}
	return true
}

// listed reports that a metric is asked for.
func (s *Service) listed(k *metric.Known, in *cloudwatchapi.ListMetricsInput) bool {
	if in.Namespace != nil && k.Name.Namespace != *in.Namespace || in.MetricName != nil && k.Name.Metric != *in.MetricName {
		return false
	}
	if in.RecentlyActive != nil && s.Now().Sub(k.Last) > recently {
		return false
	}
	for _, d := range in.Dimensions {
		have, ok := k.Name.Value(deref(d.Name))
		if !ok || d.Value != nil && *d.Value != have {
			return false
		}
	}
	return true
}

func tokenOf(n int) string {
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.Itoa(n)))
}

// tokenOfName and nameToken are of answers that go on behind a name.
func tokenOfName(name string) string { return base64.RawURLEncoding.EncodeToString([]byte("n" + name)) }

func nameToken(token *string) (string, error) {
	if deref(token) == "" {
		return "", nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil || len(raw) < 2 || raw[0] != 'n' {
		return "", invalid("The next token is not valid.")
	}
	return string(raw[1:]), nil
}

func pageToken(token *string) (int, error) {
	if token == nil || *token == "" {
		return 0, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*token)
	if err != nil {
		return 0, invalid("The next token is not valid.")
	}
	n, err := strconv.Atoi(string(raw))
	if err != nil || n < 0 {
		return 0, invalid("The next token is not valid.")
	}
	return n, nil
}
