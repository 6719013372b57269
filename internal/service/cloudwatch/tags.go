package cloudwatch

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// mostTags is how many tags an alarm may have.
const mostTags = 50

// isNoAlarm reports that there is no such alarm.
func isNoAlarm(err error) bool {
	told, ok := errors.AsType[*wire.Error](err)
	return ok && told.Code == "ResourceNotFound"
}

// taggedAlarm is the name of the alarm that an ARN is of.
func (s *Service) taggedAlarm(arn string) (string, error) {
	name, ok := strings.CutPrefix(arn, s.alarmARN(""))
	if !ok || name == "" {
		return "", invalid("%q is no ARN of an alarm; %sNAME would be.", arn, s.alarmARN(""))
	}
	return name, nil
}

func gone(err error, arn string) error {
	if isNoAlarm(err) {
		return cloudwatchapi.Service.NewError("ResourceNotFoundException", "There is no resource %s.", arn)
	}
	return err
}

// onTagged is the check of operations on the tags of what an ARN names; tags and names are those that the request brings.
func (s *Service) onTagged(ctx context.Context, call *service.Call, arn *string, tags []cloudwatchapi.Tag, names []string) []service.Check {
	c := service.Check{Action: call.ActionName(), Resource: deref(arn), Keys: service.RequestTagKeys(requestTags(tags), names...)}
	if name, err := s.taggedAlarm(deref(arn)); err == nil { // else the operation will refuse it
		c.Tags, c.Unread = s.alarmTags(ctx, name)
	}
	return []service.Check{c}
}

func (s *Service) listTagsForResource() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.ListTagsForResourceInput) ([]service.Check, error) {
		return s.onTagged(ctx, call, in.ResourceARN, nil, nil), nil
	}
	return service.Handle("ListTagsForResource", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.ListTagsForResourceInput) (*cloudwatchapi.ListTagsForResourceOutput, error) {
		name, err := s.taggedAlarm(*in.ResourceARN)
		if err != nil {
			return nil, err
		}
		a, err := s.alarm(ctx, name)
		if err != nil {
			return nil, gone(err, *in.ResourceARN)
		}
		out := &cloudwatchapi.ListTagsForResourceOutput{Tags: []cloudwatchapi.Tag{}}
		for _, key := range slices.Sorted(maps.Keys(a.Tags)) {
			out.Tags = append(out.Tags, cloudwatchapi.Tag{Key: &key, Value: new(a.Tags[key])})
		}
		return out, nil
	})
}

func (s *Service) tagResource() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.TagResourceInput) ([]service.Check, error) {
		return s.onTagged(ctx, call, in.ResourceARN, in.Tags, nil), nil
	}
	return service.Handle("TagResource", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.TagResourceInput) (*cloudwatchapi.TagResourceOutput, error) {
		name, err := s.taggedAlarm(*in.ResourceARN)
		if err != nil {
			return nil, err
		}
		tags, err := tagsOf(in.Tags, invalid)
		if err != nil {
			return nil, err
		}
		err = s.changeAlarm(ctx, name, func(_ store.Tx, a *Alarm) error {
			if a.Tags == nil {
				a.Tags = map[string]string{}
			}
			maps.Copy(a.Tags, tags)
			if len(a.Tags) > mostTags {
				return invalid("A resource can have no more than %d tags.", mostTags)
			}
			return nil
		})
		return &cloudwatchapi.TagResourceOutput{}, gone(err, *in.ResourceARN)
	})
}

func (s *Service) untagResource() service.Operation {
	access := func(ctx context.Context, call *service.Call, in *cloudwatchapi.UntagResourceInput) ([]service.Check, error) {
		return s.onTagged(ctx, call, in.ResourceARN, nil, in.TagKeys), nil
	}
	return service.Handle("UntagResource", access, func(ctx context.Context, _ *service.Call, in *cloudwatchapi.UntagResourceInput) (*cloudwatchapi.UntagResourceOutput, error) {
		name, err := s.taggedAlarm(*in.ResourceARN)
		if err != nil {
			return nil, err
		}
		err = s.changeAlarm(ctx, name, func(_ store.Tx, a *Alarm) error {
			for _, key := range in.TagKeys {
				delete(a.Tags, key)
			}
			return nil
		})
		return &cloudwatchapi.UntagResourceOutput{}, gone(err, *in.ResourceARN)
	})
}
