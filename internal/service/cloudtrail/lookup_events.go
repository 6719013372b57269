package cloudtrail

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/audit"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudtrailapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Trail reads records back, the newest first.
type Trail interface {
	Lookup(ctx context.Context, p audit.Period, from audit.Position, see func(line []byte, at audit.Position) bool) error
}

// New makes the service over a trail.
func New(trail Trail) (*service.Service, error) {
	turns := newTurns()
	made, err := service.New(&cloudtrailapi.Service, service.Handle("LookupEvents",
		func(_ context.Context, call *service.Call, _ *cloudtrailapi.LookupEventsRequest) ([]service.Check, error) {
			return call.OnAny(), nil
		},
		func(ctx context.Context, call *service.Call, in *cloudtrailapi.LookupEventsRequest) (*cloudtrailapi.LookupEventsResponse, error) {
			end, err := turns.take(call.Now)
			if err != nil {
				return nil, err
			}
			defer end()
			return lookup(ctx, trail, in)
		}))
	if err != nil {
		return nil, fmt.Errorf("make the trail's service: %w", err)
	}
	return made, nil
}

const (
	pageSize = 50
	// patience is how long a page is looked for. Then it is answered as far as it has come, be it empty, with where to go on: as AWS says, a page
	// may have fewer events than were asked for (CloudTrail API reference, LookupEvents, NextToken).
	patience = 10 * time.Second
)

func lookup(ctx context.Context, trail Trail, in *cloudtrailapi.LookupEventsRequest) (*cloudtrailapi.LookupEventsResponse, error) {
	if in.StartTime != nil && in.EndTime != nil && in.EndTime.Before(*in.StartTime) {
		return nil, cloudtrailapi.Service.NewError("InvalidTimeRangeException", "The start time must be before the end time.")
	}
	if len(in.LookupAttributes) > 1 {
		return nil, cloudtrailapi.Service.NewError("InvalidLookupAttributesException", "You can specify only one lookup attribute.")
	}
	if in.EventCategory != nil {
		return &cloudtrailapi.LookupEventsResponse{Events: []cloudtrailapi.Event{}}, nil // there are no insights
	}
	from, err := position(in.NextToken)
	if err != nil {
		return nil, err
	}
	p := newPage(in)
	switch err := trail.Lookup(ctx, period(in), from, p.see); {
	case errors.Is(err, audit.ErrGone):
		return nil, badToken()
	case err != nil:
		return nil, err
	}
	return &cloudtrailapi.LookupEventsResponse{Events: p.events, NextToken: p.next}, nil
}

// period is what is asked for.
func period(in *cloudtrailapi.LookupEventsRequest) (p audit.Period) {
	if in.StartTime != nil {
		p.From = *in.StartTime
	}
	if in.EndTime != nil {
		p.Until = *in.EndTime
	}
	return p
}

func userName(r *audit.Record) string {
	id := r.UserIdentity
	switch {
	case id == nil:
		return ""
	case id.UserName != "":
		return id.UserName
	case id.Type == "Root":
		return "root"
	}
	return id.ARN[strings.LastIndexByte(id.ARN, '/')+1:]
}

func fits(r *audit.Record, attributes []cloudtrailapi.LookupAttribute) bool {
	for _, a := range attributes {
		want, have := *a.AttributeValue, ""
		switch *a.AttributeKey {
		case "EventId":
			have = r.EventID
		case "EventName":
			have = r.EventName
		case "ReadOnly":
			have = strconv.FormatBool(r.ReadOnly)
		case "Username":
			have = userName(r)
		case "EventSource":
			have = r.EventSource
		case "AccessKeyId":
			if r.UserIdentity != nil {
				have = r.UserIdentity.AccessKeyID
			}
		case "ResourceName":
			if slices.ContainsFunc(r.Resources, func(x audit.Resource) bool { return x.ARN == want || resourceName(x.ARN) == want }) {
				have = want
			}
		case "ResourceType":
			if slices.ContainsFunc(r.Resources, func(x audit.Resource) bool { return x.Type == want }) {
				have = want
			}
		}
		if have != want {
			return false
		}
	}
	return true
}

// resourceName is the last part of an ARN.
func resourceName(arn string) string { return arn[strings.LastIndexAny(arn, "/:")+1:] }

func show(r *audit.Record, line []byte) cloudtrailapi.Event {
	text, readOnly, name := string(line), strconv.FormatBool(r.ReadOnly), userName(r)
	e := cloudtrailapi.Event{
		EventId: &r.EventID, EventName: &r.EventName, EventTime: &r.EventTime, EventSource: &r.EventSource, ReadOnly: &readOnly,
		CloudTrailEvent: &text, Resources: []cloudtrailapi.Resource{},
	}
	if name != "" {
		e.Username = &name
	}
	if r.UserIdentity != nil && r.UserIdentity.AccessKeyID != "" {
		e.AccessKeyId = &r.UserIdentity.AccessKeyID
	}
	for i := range r.Resources {
		x := cloudtrailapi.Resource{ResourceName: &r.Resources[i].ARN}
		if r.Resources[i].Type != "" {
			x.ResourceType = &r.Resources[i].Type
		}
		e.Resources = append(e.Resources, x)
	}
	return e
}
