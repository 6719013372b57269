package ec2

import (
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
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
	made := service.Check{Action: call.ActionName(), Resource: arn(call, resource, ""), Keys: requestTags(tagsOfAll(specs))}
	return append(append([]service.Check{made}, others...), tagging(call, resource, specs)...)
}

// tagging is the check of giving tags to what an operation makes; none without tags.
func tagging(call *service.Call, resource string, specs []ec2api.TagSpecification) []service.Check {
	if len(specs) == 0 {
		return nil
	}
	keys := requestTags(tagsOfAll(specs))
	keys["ec2:CreateAction"] = []string{call.Operation.Name}
	return []service.Check{{Action: "ec2:CreateTags", Resource: arn(call, resource, ""), Keys: keys}}
}

func tagsOfAll(specs []ec2api.TagSpecification) (all []ec2api.Tag) {
	for _, s := range specs {
		all = append(all, s.Tags...)
	}
	return all
}

// requestTags are the condition keys of tags that a call brings.
func requestTags(tags []ec2api.Tag) map[string][]string {
	keys := map[string][]string{}
	for _, t := range tags {
		keys["aws:RequestTag/"+value(t.Key)] = []string{value(t.Value)}
		keys["aws:TagKeys"] = append(keys["aws:TagKeys"], value(t.Key))
	}
	return keys
}

func tagList(tags map[string]string) []ec2api.Tag {
	var all []ec2api.Tag
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, ec2api.Tag{Key: ptr(k), Value: ptr(tags[k])})
	}
	return all
}
