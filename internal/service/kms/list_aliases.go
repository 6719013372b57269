package kms

import (
	"context"
	"encoding/base64"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// listAliases lists the aliases, those of the AWS managed keys too, which exist before their keys do.
func (s *Service) listAliases() service.Operation {
	return service.Handle("ListAliases", func(_ context.Context, call *service.Call, _ *kmsapi.ListAliasesRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	},
		func(ctx context.Context, call *service.Call, in *kmsapi.ListAliasesRequest) (*kmsapi.ListAliasesResponse, error) {
			only := ""
			if in.KeyId != nil {
				k, err := s.vault.key(ctx, call.Region, *in.KeyId)
				if err != nil {
					return nil, err
				}
				only = k.ID
			}
			all, err := s.aliases(ctx, call.Region)
			if err != nil {
				return nil, err
			}
			return s.aliasPage(call, in, slices.DeleteFunc(all, func(a aliasRecord) bool { return only != "" && a.Target != only }))
		})
}

// aliases lists all, in order; those of AWS managed keys that are not made yet have no target.
func (s *Service) aliases(ctx context.Context, region string) ([]aliasRecord, error) {
	page, err := s.store.List(ctx, store.Range{Prefix: aliasPath(region, "")})
	if err != nil {
		return nil, fmt.Errorf("list aliases: %w", err)
	}
	all := make([]aliasRecord, len(page.Items))
	for i, item := range page.Items {
		if err := item.Decode(&all[i]); err != nil {
			return nil, err
		}
	}
	for _, managed := range managedServices {
		name := "alias/aws/" + managed
		if !slices.ContainsFunc(all, func(a aliasRecord) bool { return a.Name == name }) {
			all = append(all, aliasRecord{Name: name})
		}
	}
	slices.SortFunc(all, func(a, b aliasRecord) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

func (s *Service) aliasPage(call *service.Call, in *kmsapi.ListAliasesRequest, all []aliasRecord) (*kmsapi.ListAliasesResponse, error) {
	limit := 50
	if in.Limit != nil {
		limit = int(*in.Limit)
	}
	if in.Marker != nil {
		after, err := base64.RawURLEncoding.DecodeString(*in.Marker)
		if err != nil {
			return nil, kmsapi.Service.NewError("InvalidMarkerException", "Could not deserialize marker '%s'", *in.Marker)
		}
		all = slices.DeleteFunc(all, func(a aliasRecord) bool { return a.Name <= string(after) })
	}
	out := &kmsapi.ListAliasesResponse{Aliases: []kmsapi.AliasListEntry{}, Truncated: new(len(all) > limit)}
	if len(all) > limit {
		all = all[:limit]
		out.NextMarker = new(base64.RawURLEncoding.EncodeToString([]byte(all[limit-1].Name)))
	}
	for _, a := range all {
		e := kmsapi.AliasListEntry{AliasName: &a.Name, AliasArn: new(s.vault.arn(call.Region, a.Name)), TargetKeyId: some(a.Target)}
		if a.Target != "" {
			e.CreationDate, e.LastUpdatedDate = &a.Created, &a.Updated
		}
		out.Aliases = append(out.Aliases, e)
	}
	return out, nil
}
