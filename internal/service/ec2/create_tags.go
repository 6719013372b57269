package ec2

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

func (s *Service) createTags() service.Operation {
	return handle("CreateTags",
		func(ctx context.Context, call *service.Call, in *ec2api.CreateTagsRequest) []service.Check {
			return s.retagging(ctx, call, in.Resources, in.Tags)
		},
		func(ctx context.Context, _ *service.Call, in *ec2api.CreateTagsRequest) (*service.None, error) {
			return &service.None{}, s.retag(ctx, in.Resources, func(tags map[string]string) error {
				for _, t := range in.Tags {
					tags[value(t.Key)] = value(t.Value)
				}
				return checkTags(tags)
			})
		})
}

// retagging is the check of a change of tags on each of the resources.
func (s *Service) retagging(ctx context.Context, call *service.Call, ids []string, tags []ec2api.Tag) []service.Check {
	var checks []service.Check
	for _, id := range ids {
		_, resource, ok := kindOf(id)
		if !ok {
			resource = "*"
		}
		check := s.on(ctx, call, resource, id)
		maps.Copy(check.Keys, requestTags(tags))
		checks = append(checks, check)
	}
	if len(checks) == 0 {
		return call.OnAny() // the model requires resources; validation will say so
	}
	return checks
}

// retag changes the tags of resources of any sort, all or none. Of a record it touches nothing else.
func (s *Service) retag(ctx context.Context, ids []string, change func(map[string]string) error) error {
	_, err := s.Store.Update(ctx, func(tx store.Tx) error {
		for _, id := range ids {
			k, _, ok := kindOf(id)
			if !ok {
				return fault("InvalidID", "The ID '%s' is not valid", id)
			}
			item, err := tx.Get(k.keys + id)
			if errors.Is(err, store.ErrNotFound) {
				return k.missing(id)
			}
			if err != nil {
				return err
			}
			record := map[string]json.RawMessage{}
			if err := item.Decode(&record); err != nil {
				return err
			}
			tags := map[string]string{}
			if raw, ok := record["Tags"]; ok {
				if err := json.Unmarshal(raw, &tags); err != nil {
					return fmt.Errorf("decode the tags of %s: %w", id, err)
				}
			}
			if err := change(tags); err != nil {
				return err
			}
			if record["Tags"], err = json.Marshal(tags); err != nil {
				return fmt.Errorf("encode the tags of %s: %w", id, err)
			}
			if err := store.Write(tx, k.keys+id, record); err != nil {
				return err
			}
		}
		return nil
	})
	return err
}
