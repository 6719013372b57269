package cloudwatch

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Bounds of one GetMetricData.
const (
	mostQueries = 500
	mostPoints  = 100_800 // of one page
)

func (s *Service) getMetricData() service.Operation {
	return service.Handle("GetMetricData", onAny, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.GetMetricDataInput) (*cloudwatchapi.GetMetricDataOutput, error) {
		if err := checkTimes(in.StartTime, in.EndTime); err != nil {
			return nil, err
		}
		q, err := s.questions(in.MetricDataQueries, *in.StartTime, *in.EndTime)
		if err != nil {
			return nil, err
		}
		if q.zone, err = zoneOf(in.LabelOptions); err != nil {
			return nil, err
		}
		p, err := pageOf(in)
		if err != nil {
			return nil, err
		}
		out := &cloudwatchapi.GetMetricDataOutput{MetricDataResults: []cloudwatchapi.MetricDataResult{}, Messages: []cloudwatchapi.MessageData{}}
		for i := range q.asked {
			if !q.asked[i].shown || i < p.query {
				continue
			}
			lines, err := q.answer(ctx, i)
			if err != nil {
				return nil, err
			}
			if token := p.put(out, q, i, lines, deref(in.ScanBy) != "TimestampAscending"); token != "" {
				out.NextToken = &token
				break
			}
		}
		return out, nil
	})
}

// page is where an answer begins and how much it may hold: points of a line of a query.
type page struct {
	query, line, point int
	room               int
}

func pageOf(in *cloudwatchapi.GetMetricDataInput) (*page, error) {
	p := &page{room: mostPoints}
	if in.MaxDatapoints != nil {
		p.room = int(min(max(*in.MaxDatapoints, 1), mostPoints))
	}
	if deref(in.NextToken) == "" {
		return p, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*in.NextToken)
	if err != nil {
		return nil, badToken()
	}
	if n, err := fmt.Sscanf(string(raw), "%d/%d/%d", &p.query, &p.line, &p.point); err != nil || n != 3 || min(p.query, p.line, p.point) < 0 {
		return nil, badToken()
	}
	return p, nil
}

// put adds the lines of a query to a page; the token says where the next page begins.
func (p *page) put(out *cloudwatchapi.GetMetricDataOutput, q *questions, i int, lines []line, newestFirst bool) (token string) {
	for n := range lines {
		if i == p.query && n < p.line {
			continue
		}
		l := &lines[n]
		skip := 0
		if i == p.query && n == p.line {
			skip = min(p.point, len(l.At))
		}
		if p.room == 0 && len(l.At) > skip {
			return tokenAt(i, n, skip)
		}
		at, values := slices.Clone(l.At), slices.Clone(l.Values)
		if newestFirst {
			slices.Reverse(at)
			slices.Reverse(values)
		}
		at, values = at[skip:], values[skip:]
		status := "Complete"
		cut := len(at) > p.room
		if cut {
			at, values, status = at[:p.room], values[:p.room], "PartialData"
		}
		p.room -= len(at)
		label := q.label(i, l)
		out.MetricDataResults = append(out.MetricDataResults, cloudwatchapi.MetricDataResult{
			Id: new(q.asked[i].id), Label: &label, StatusCode: &status, Timestamps: append([]time.Time{}, at...), Values: append([]float64{}, values...),
		})
		if cut {
			return tokenAt(i, n, skip+len(at))
		}
	}
	return ""
}

func tokenAt(query, line, point int) string {
	return base64.RawURLEncoding.EncodeToString(fmt.Appendf(nil, "%d/%d/%d", query, line, point))
}
