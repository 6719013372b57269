package secretsmanager

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// listSecrets lists the secrets that pass the filters, by name.
func (s *Service) listSecrets() service.Operation {
	return service.Handle("ListSecrets", func(_ context.Context, call *service.Call, _ *secretsmanagerapi.ListSecretsRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	},
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.ListSecretsRequest) (*secretsmanagerapi.ListSecretsResponse, error) {
			after, limit, err := pageOf(in.NextToken, in.MaxResults)
			if err != nil {
				return nil, err
			}
			page, err := s.store.List(ctx, store.Range{Prefix: path(call.Region, "")})
			if err != nil {
				return nil, fmt.Errorf("list secrets: %w", err)
			}
			out := &secretsmanagerapi.ListSecretsResponse{SecretList: []secretsmanagerapi.SecretListEntry{}}
			for _, item := range page.Items {
				var r secretRecord
				if err := item.Decode(&r); err != nil {
					return nil, err
				}
				shown := !r.gone(call.Now) && (r.Deleted == nil || deref(in.IncludePlannedDeletion))
				if !shown || after != "" && r.Name <= after || !r.passes(in.Filters) {
					continue
				}
				if len(out.SecretList) == limit {
					out.NextToken = token(*out.SecretList[limit-1].Name)
					break
				}
				out.SecretList = append(out.SecretList, r.entry())
			}
			return out, nil
		})
}

func (r *secretRecord) entry() secretsmanagerapi.SecretListEntry {
	return secretsmanagerapi.SecretListEntry{
		ARN: &r.ARN, Name: &r.Name, Description: some(r.Description), KmsKeyId: some(r.Key), CreatedDate: &r.Created, LastChangedDate: &r.Changed,
		DeletedDate: r.Deleted, Tags: tagList(r.Tags), SecretVersionsToStages: r.stages(), RotationEnabled: new(false),
	}
}

// passes reports that a secret passes every filter: one of its values begins what the filter is about, and a value that
// begins with ! must not.
func (r *secretRecord) passes(filters []secretsmanagerapi.Filter) bool {
	for _, f := range filters {
		if !slices.ContainsFunc(f.Values, func(value string) bool {
			rest, not := strings.CutPrefix(value, "!")
			return r.begins(deref(f.Key), rest) != not
		}) {
			return false
		}
	}
	return true
}

func (r *secretRecord) begins(key, value string) bool {
	begins := func(text string) bool { return strings.HasPrefix(strings.ToLower(text), strings.ToLower(value)) }
	exactly := func(text string) bool { return strings.HasPrefix(text, value) }
	switch key {
	case "name":
		return exactly(r.Name)
	case "description":
		return begins(r.Description)
	case "tag-key":
		return slices.ContainsFunc(slices.Collect(maps.Keys(r.Tags)), exactly)
	case "tag-value":
		return slices.ContainsFunc(slices.Collect(maps.Values(r.Tags)), exactly)
	case "all":
		return begins(r.Name) || begins(r.Description) || r.begins("tag-key", value) || r.begins("tag-value", value)
	}
	return false
}

// pageOf reads where a page begins and how long it is.
func pageOf(next *string, size *int64) (after string, limit int, err error) {
	limit = 100
	if size != nil {
		limit = int(*size)
	}
	if next == nil {
		return "", limit, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(*next)
	if err != nil || len(raw) == 0 {
		return "", 0, fault("InvalidNextTokenException", "The NextToken value is invalid.")
	}
	return string(raw), limit, nil
}

func token(last string) *string { return new(base64.RawURLEncoding.EncodeToString([]byte(last))) }
