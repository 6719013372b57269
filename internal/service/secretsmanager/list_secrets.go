package secretsmanager

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// listSecrets lists the secrets that pass the filters, by name unless another order is asked for.
func (s *Service) listSecrets() service.Operation {
	return service.Handle("ListSecrets", func(_ context.Context, call *service.Call, _ *secretsmanagerapi.ListSecretsRequest) ([]service.Check, error) {
		return call.OnAny(), nil
	},
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.ListSecretsRequest) (*secretsmanagerapi.ListSecretsResponse, error) {
			after, limit, err := pageOf(in.NextToken, in.MaxResults)
			if err != nil {
				return nil, err
			}
			if deref(in.SortBy) == "last-accessed-date" {
				return nil, fault("InvalidParameterException", "When secrets are read is not kept, so they cannot be listed by last-accessed-date.")
			}
			page, err := s.store.List(ctx, store.Range{Prefix: path(call.Region, "")})
			if err != nil {
				return nil, fmt.Errorf("list secrets: %w", err)
			}
			found, err := listed(page.Items, call.Now, in)
			if err != nil {
				return nil, err
			}
			out := &secretsmanagerapi.ListSecretsResponse{SecretList: []secretsmanagerapi.SecretListEntry{}}
			for i := range found {
				place := found[i].place(deref(in.SortBy))
				if c := strings.Compare(place, after); after != "" && (c == 0 || c < 0 != descending(in)) {
					continue
				}
				if len(out.SecretList) == limit {
					out.NextToken = token(found[i-1].place(deref(in.SortBy)))
					break
				}
				out.SecretList = append(out.SecretList, found[i].entry())
			}
			return out, nil
		})
}

// listed are the secrets that are asked for, in the order that is.
func listed(items []store.Item, now time.Time, in *secretsmanagerapi.ListSecretsRequest) ([]secretRecord, error) {
	var found []secretRecord
	for _, item := range items {
		var r secretRecord
		if err := item.Decode(&r); err != nil {
			return nil, err
		}
		if !r.gone(now) && (r.Deleted == nil || deref(in.IncludePlannedDeletion)) && r.passes(in.Filters) {
			found = append(found, r)
		}
	}
	by := deref(in.SortBy)
	slices.SortFunc(found, func(a, b secretRecord) int { return strings.Compare(a.place(by), b.place(by)) })
	if descending(in) {
		slices.Reverse(found)
	}
	return found, nil
}

func descending(in *secretsmanagerapi.ListSecretsRequest) bool { return deref(in.SortOrder) == "desc" }

// place is where a secret stands in an order, as a text that is no other secret's.
func (r *secretRecord) place(by string) string {
	const fixed = "20060102150405.000000000"
	switch by {
	case "created-date":
		return r.Created.UTC().Format(fixed) + " " + r.Name
	case "last-changed-date":
		return r.Changed.UTC().Format(fixed) + " " + r.Name
	}
	return r.Name
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
