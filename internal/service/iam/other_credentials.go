package iam

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// Users have access keys and second factors here, and no credentials of other kinds: their lists are empty. Whoever deletes a user, as
// Terraform does, or looks through an account asks for them.

// none is the first page of an empty list.
func none[T any](marker *string, size *int64) ([]T, *bool, *string, error) {
	return page[T](nil, marker, size, func(*T) string { return "" })
}

// known makes sure that the user is there whose empty list is asked for.
func (s *Service) known(ctx context.Context, call *service.Call, name *string) error {
	who := callerOr(call, name)
	if who == "" {
		return nil
	}
	_, err := user(s.read(ctx), who)
	return err
}

func (s *Service) listSSHPublicKeys() service.Operation {
	return service.Handle("ListSSHPublicKeys", onUser(s, func(in *iamapi.ListSSHPublicKeysRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.ListSSHPublicKeysRequest) (*iamapi.ListSSHPublicKeysResponse, error) {
			err := s.known(ctx, call, in.UserName)
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListSSHPublicKeysResponse{}
			out.SSHPublicKeys, out.IsTruncated, out.Marker, err = none[iamapi.SSHPublicKeyMetadata](in.Marker, in.MaxItems)
			return out, err
		})
}

func (s *Service) listSigningCertificates() service.Operation {
	return service.Handle("ListSigningCertificates", onUser(s, func(in *iamapi.ListSigningCertificatesRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.ListSigningCertificatesRequest) (*iamapi.ListSigningCertificatesResponse, error) {
			err := s.known(ctx, call, in.UserName)
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListSigningCertificatesResponse{}
			out.Certificates, out.IsTruncated, out.Marker, err = none[iamapi.SigningCertificate](in.Marker, in.MaxItems)
			return out, err
		})
}

func (s *Service) listServiceSpecificCredentials() service.Operation {
	return service.Handle("ListServiceSpecificCredentials", onUser(s, func(in *iamapi.ListServiceSpecificCredentialsRequest) *string { return in.UserName }),
		func(ctx context.Context, call *service.Call, in *iamapi.ListServiceSpecificCredentialsRequest) (*iamapi.ListServiceSpecificCredentialsResponse, error) {
			err := s.known(ctx, call, in.UserName)
			if err != nil {
				return nil, err
			}
			out := &iamapi.ListServiceSpecificCredentialsResponse{}
			out.ServiceSpecificCredentials, out.IsTruncated, out.Marker, err = none[iamapi.ServiceSpecificCredentialMetadata](in.Marker, in.MaxItems)
			return out, err
		})
}

func (s *Service) listServerCertificates() service.Operation {
	return service.Handle("ListServerCertificates", onNothing,
		func(_ context.Context, _ *service.Call, in *iamapi.ListServerCertificatesRequest) (*iamapi.ListServerCertificatesResponse, error) {
			out := &iamapi.ListServerCertificatesResponse{}
			var err error
			out.ServerCertificateMetadataList, out.IsTruncated, out.Marker, err = none[iamapi.ServerCertificateMetadata](in.Marker, in.MaxItems)
			return out, err
		})
}

func (s *Service) listSAMLProviders() service.Operation {
	return service.Handle("ListSAMLProviders", onNothing, func(context.Context, *service.Call, *iamapi.ListSAMLProvidersRequest) (*iamapi.ListSAMLProvidersResponse, error) {
		return &iamapi.ListSAMLProvidersResponse{SAMLProviderList: []iamapi.SAMLProviderListEntry{}}, nil
	})
}
