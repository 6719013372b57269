package dms

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// record is any resource, as far as tags go: its other members stay as they are.
type record struct {
	key     string
	members map[string]json.RawMessage
	status  string
	tags    map[string]string
}

// recordOf reads the resource that an ARN names, of whichever kind it is.
func (s *Service) recordOf(from getter, arn string) (*record, error) {
	k, id, err := s.parse(arn)
	if err != nil {
		return nil, err
	}
	r := &record{key: k.keys() + id, tags: map[string]string{}}
	item, err := from.Get(r.key)
	if errors.Is(err, store.ErrNotFound) {
		return nil, notFound("%s %s not found.", k.noun, arn)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", arn, err)
	}
	if err := item.Decode(&r.members); err != nil {
		return nil, err
	}
	for name, into := range map[string]any{"Status": &r.status, "Tags": &r.tags} {
		if raw, there := r.members[name]; there {
			if err := json.Unmarshal(raw, into); err != nil {
				return nil, fmt.Errorf("read the %s of %s: %w", name, arn, err)
			}
		}
	}
	return r, nil
}

// retag lets change alter the tags of a resource in a transaction.
func (s *Service) retag(tx store.Tx, arn string, change func(tags map[string]string)) error {
	r, err := s.recordOf(tx, arn)
	if err != nil {
		return err
	}
	if r.status == "deleting" {
		return badState("The tags of %s cannot be changed, it is in deleting state.", arn)
	}
	change(r.tags)
	if err := checkTagCount(r.tags); err != nil {
		return err
	}
	raw, err := json.Marshal(r.tags)
	if err != nil {
		return fmt.Errorf("encode the tags of %s: %w", arn, err)
	}
	r.members["Tags"] = raw
	return store.Write(tx, r.key, r.members)
}

// tagList writes tags as the API does, sorted; arn is empty where the answer is about one resource.
func tagList(tags map[string]string, arn string) []dmsapi.Tag {
	all := make([]dmsapi.Tag, 0, len(tags))
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		all = append(all, dmsapi.Tag{Key: new(key), Value: new(tags[key]), ResourceArn: some(arn)})
	}
	return all
}
