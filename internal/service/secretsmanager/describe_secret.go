package secretsmanager

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/secretsmanagerapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeSecret shows all of a secret but its values.
func (s *Service) describeSecret() service.Operation {
	return service.Handle("DescribeSecret", on(s, func(in *secretsmanagerapi.DescribeSecretRequest) *string { return in.SecretId }),
		func(ctx context.Context, call *service.Call, in *secretsmanagerapi.DescribeSecretRequest) (*secretsmanagerapi.DescribeSecretResponse, error) {
			r, err := s.find(s.read(ctx), call, in.SecretId)
			if err != nil {
				return nil, err
			}
			return &secretsmanagerapi.DescribeSecretResponse{
				ARN: &r.ARN, Name: &r.Name, Description: some(r.Description), KmsKeyId: some(r.Key), CreatedDate: &r.Created, LastChangedDate: &r.Changed,
				DeletedDate: r.Deleted, Tags: tagList(r.Tags), VersionIdsToStages: r.stages(), RotationEnabled: new(false),
			}, nil
		})
}
