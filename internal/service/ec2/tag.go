package ec2

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

const maxTags = 50

// tagsFor reads the tags that a call gives to the resource it makes.
func tagsFor(specs []ec2api.TagSpecification, resource string) (map[string]string, error) {
	tags := map[string]string{}
	for _, s := range specs {
		if value(s.ResourceType) != resource {
			return nil, invalid("'%s' is not a valid taggable resource type for this operation.", value(s.ResourceType))
		}
		for _, t := range s.Tags {
			tags[value(t.Key)] = value(t.Value)
		}
	}
	return tags, checkTags(tags)
}

func checkTags(tags map[string]string) error {
	for k, v := range tags {
		switch {
		case k == "" || len(k) > 127 || strings.HasPrefix(strings.ToLower(k), "aws:"):
			return invalid("Tag keys starting with 'aws:' are reserved for internal use, and keys have 1 to 127 characters; '%s' is not one.", k)
		case len(v) > 255:
			return invalid("Tag value exceeds the maximum length of 255 characters")
		}
	}
	if len(tags) > maxTags {
		return fault("TagLimitExceeded", "The maximum number of Tags for a resource is %d.", maxTags)
	}
	return nil
}

// making is the access of operations that make a resource: with tags they need ec2:CreateTags too.
func making(call *service.Call, resource string, specs []ec2api.TagSpecification, others ...service.Check) []service.Check {
	keys := map[string][]string{}
	for _, s := range specs {
		for _, t := range s.Tags {
			keys["aws:RequestTag/"+value(t.Key)] = []string{value(t.Value)}
			keys["aws:TagKeys"] = append(keys["aws:TagKeys"], value(t.Key))
		}
	}
	checks := append([]service.Check{{Action: call.ActionName(), Resource: arn(call, resource, ""), Keys: keys}}, others...)
	if len(specs) > 0 {
		tagging := maps.Clone(keys)
		tagging["ec2:CreateAction"] = []string{call.Operation.Name}
		checks = append(checks, service.Check{Action: "ec2:CreateTags", Resource: arn(call, resource, ""), Keys: tagging})
	}
	return checks
}

func tagList(tags map[string]string) []ec2api.Tag {
	var all []ec2api.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, ec2api.Tag{Key: ptr(k), Value: ptr(tags[k])})
	}
	return all
}

// on is the check of an action on one resource, with the tags that it has if it is there.
func (s *Service) on(ctx context.Context, call *service.Call, resource, id string) service.Check {
	tags, err := s.tagsOf(ctx, id)
	return service.Check{Action: call.ActionName(), Resource: arn(call, resource, id), Tags: tags, Unread: err}
}

// tagsOf reads a resource's tags; none if there is no such resource, which the operation will say.
func (s *Service) tagsOf(ctx context.Context, id string) (map[string]string, error) {
	k, _, ok := kindOf(id)
	if !ok {
		return nil, nil
	}
	var tagged struct{ Tags map[string]string }
	item, err := s.Store.Get(ctx, k.keys+id)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return nil, nil
	case err == nil:
		err = item.Decode(&tagged)
	}
	if err != nil {
		return nil, fmt.Errorf("read the tags of %s: %w", id, err)
	}
	return tagged.Tags, nil
}
