package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// deleteCertificate forgets a certificate that no endpoint uses.
func (s *Service) deleteCertificate() service.Operation {
	return handle(s, "DeleteCertificate", func(ctx context.Context, _ *service.Call, in *dmsapi.DeleteCertificateMessage) (*dmsapi.DeleteCertificateResponse, error) {
		var rec *Certificate
		_, err := s.Store.Update(ctx, func(tx store.Tx) (err error) {
			if rec, err = byARN[Certificate](s, tx, certificates, value(in.CertificateArn)); err != nil {
				return err
			}
			users, err := referrers(tx, certificates, rec.ID, endpoints)
			if err != nil {
				return err
			}
			if len(users) > 0 {
				return badState("Certificate %s cannot be deleted: it is used by endpoints %s.", s.arn(certificates, rec.ID), strings.Join(s.arns(endpoints, users), ", "))
			}
			tx.Delete(certificates.names() + rec.Name)
			tx.Delete(certificates.keys() + rec.ID)
			return nil
		})
		if err != nil {
			return nil, err
		}
		text, err := s.pemOf(ctx, rec)
		if err != nil && !isKeyFault(err) {
			return nil, err
		}
		return &dmsapi.DeleteCertificateResponse{Certificate: s.showCertificate(rec, text)}, nil
	})
}
