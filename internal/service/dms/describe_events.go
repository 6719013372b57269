package dms

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// usualSpan is how far back DescribeEvents looks when it is not told.
const usualSpan = 24 * time.Hour

func (s *Service) describeEvents() service.Operation {
	return handle(s, "DescribeEvents", func(ctx context.Context, call *service.Call, in *dmsapi.DescribeEventsMessage) (*dmsapi.DescribeEventsResponse, error) {
		const byInstance = "replication-instance-id"
		p, err := pageOf("DescribeEvents", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		f, err := filtersOf(in.Filters, byInstance)
		if err != nil {
			return nil, err
		}
		for i, v := range f[byInstance] {
			f[byInstance][i] = strings.ToLower(v) // as they are kept
		}
		from, to, err := spanOf(in, call.Now)
		if err != nil {
			return nil, err
		}
		source := value(in.SourceIdentifier)
		if source != "" && value(in.SourceType) == "" {
			return nil, invalidCombination("SourceIdentifier needs SourceType.")
		}
		if value(in.SourceType) == sourceInstance {
			source = strings.ToLower(source)
		}
		wanted, err := categoriesIn(in.EventCategories, value(in.SourceType))
		if err != nil {
			return nil, err
		}
		p.after = max(p.after, eventKey(from.Add(-1)))
		found, marker, err := collect(s.reads(ctx), eventKeys, p, func(e *Event) bool {
			_, asked := f[byInstance]
			return !e.At.Before(from) && e.At.Before(to) && (value(in.SourceType) == "" || e.SourceType == *in.SourceType) &&
				(source == "" || e.Source == source) && (!asked || e.SourceType == sourceInstance && f.allow(byInstance, e.Source)) &&
				(len(wanted) == 0 || slices.ContainsFunc(e.Categories, func(c string) bool { return slices.Contains(wanted, c) }))
		})
		if err != nil {
			return nil, err
		}
		out := &dmsapi.DescribeEventsResponse{Events: []dmsapi.Event{}, Marker: marker}
		for i := range found {
			out.Events = append(out.Events, showEvent(&found[i]))
		}
		return out, nil
	})
}

func showEvent(e *Event) dmsapi.Event {
	categories := e.Categories
	if categories == nil {
		categories = []string{}
	}
	return dmsapi.Event{SourceIdentifier: &e.Source, SourceType: &e.SourceType, Message: &e.Message, EventCategories: categories, Date: &e.At}
}

// spanOf is the time that is asked for: by two of StartTime, EndTime and Duration (minutes), or up to now.
func spanOf(in *dmsapi.DescribeEventsMessage, now time.Time) (from, to time.Time, err error) {
	span := usualSpan
	if n := in.Duration; n != nil {
		if *n < 1 || *n > int64(eventsKept/time.Minute) {
			return from, to, invalidValue("Invalid Duration: %d. It is 1 to %d minutes.", *n, int64(eventsKept/time.Minute))
		}
		span = time.Duration(*n) * time.Minute
	}
	to = now.Add(time.Nanosecond) // what happens now has happened
	switch {
	case in.StartTime != nil && in.EndTime != nil:
		if in.Duration != nil {
			return from, to, invalidCombination("Give two of StartTime, EndTime and Duration, not all.")
		}
		from, to = *in.StartTime, *in.EndTime
	case in.StartTime != nil:
		from = *in.StartTime
		if in.Duration != nil {
			to = from.Add(span)
		}
	case in.EndTime != nil:
		to = *in.EndTime
		from = to.Add(-span)
	default:
		from = to.Add(-span)
	}
	if from.After(to) {
		return from, to, invalidCombination("StartTime must be before EndTime.")
	}
	// Outside of these years no event can be, and their keys would not sort.
	first, last := time.Unix(1, 0), time.Unix(1<<33, 0)
	return clamp(from, first, last), clamp(to, first, last), nil
}

func clamp(t, first, last time.Time) time.Time {
	switch {
	case t.Before(first):
		return first
	case t.After(last):
		return last
	}
	return t
}

// categoriesIn reads categories, in the API's spelling or that of DMS's guide (StateChange).
func categoriesIn(in []string, source string) ([]string, error) {
	known := categoriesOf(source)
	var all []string
	for _, text := range in {
		c := category(text)
		if !slices.Contains(known, c) {
			return nil, invalidValue("Invalid event category: %q. The categories are %s.", text, strings.Join(known, ", "))
		}
		if !slices.Contains(all, c) {
			all = append(all, c)
		}
	}
	return all, nil
}
