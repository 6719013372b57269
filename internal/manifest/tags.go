package manifest

import (
	"context"
	"fmt"
	"slices"
)

// missingTags are the tags of an entry that its resource does not have, or has otherwise. Others that it has are nobody's business here.
func (a *applying) missingTags(ctx context.Context, r *resource) ([]any, error) {
	want, _ := r.members[tagsMember].([]any)
	if len(want) == 0 {
		return nil, nil
	}
	answer := map[string]any{}
	if err := a.api.Call(ctx, "ListTagsForResource", map[string]any{"ResourceArn": a.arn[r.key()]}, &answer); err != nil {
		return nil, fmt.Errorf("look for the tags of the %s %s: %w", r.section.noun, r.identifier, err)
	}
	have, _ := answer["TagList"].([]any)
	return slices.DeleteFunc(slices.Clone(want), func(tag any) bool {
		return slices.ContainsFunc(have, func(h any) bool { return holds("", h, tag) })
	}), nil
}

// tag sets the tags that are missing.
func (a *applying) tag(ctx context.Context, r *resource, missing []any) error {
	if len(missing) == 0 {
		return nil
	}
	if !a.DryRun {
		in := map[string]any{"ResourceArn": a.arn[r.key()], tagsMember: missing}
		if err := a.api.Call(ctx, "AddTagsToResource", in, &map[string]any{}); err != nil {
			return fmt.Errorf("tag the %s %s: %w", r.section.noun, r.identifier, err)
		}
	}
	a.step(r, "modify", tagsMember)
	return nil
}
