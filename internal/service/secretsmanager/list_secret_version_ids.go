package secretsmanager

import (
	"context"
	"slices"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// listSecretVersionIDs lists the versions of a secret, oldest first.
func (s *Service) listSecretVersionIDs() service.Operation {
	return service.Handle("ListSecretVersionIds", on(s, func(in *secretsmanagerapi.ListSecretVersionIdsRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.ListSecretVersionIdsRequest) (*secretsmanagerapi.ListSecretVersionIdsResponse, error) {
			r, err := s.find(s.read(ctx), call, in.SecretId)
			if err != nil {
				return nil, err
			}
			after, limit, err := pageOf(in.NextToken, in.MaxResults)
			if err != nil {
				return nil, err
			}
			out := &secretsmanagerapi.ListSecretVersionIdsResponse{ARN: &r.ARN, Name: &r.Name, Versions: []secretsmanagerapi.SecretVersionsListEntry{}}
			from := 1 + slices.IndexFunc(r.Versions, func(v version) bool { return v.ID == after })
			for i := range r.Versions[from:] {
				v := &r.Versions[from+i]
				if len(v.Stages) == 0 && !deref(in.IncludeDeprecated) {
					continue
				}
				if len(out.Versions) == limit {
					out.NextToken = token(*out.Versions[limit-1].VersionId)
					break
				}
				out.Versions = append(out.Versions, secretsmanagerapi.SecretVersionsListEntry{VersionId: &v.ID, VersionStages: v.Stages, CreatedDate: &v.Created, KmsKeyIds: []string{v.KeyARN}})
			}
			return out, nil
		})
}
