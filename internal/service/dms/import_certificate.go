package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// longestCertificate is what a CertificateIdentifier may have.
const longestCertificate = 255

// importCertificate takes the authorities that servers are verified by. Its validity and its kind are those of the first
// certificate of several.
func (s *Service) importCertificate() service.Operation {
	return handle(s, "ImportCertificate", func(ctx context.Context, call *service.Call, in *dmsapi.ImportCertificateMessage) (*dmsapi.ImportCertificateResponse, error) {
		rec, text, err := s.newCertificate(call, in)
		if err != nil {
			return nil, err
		}
		rec.PEM = text
		if value(in.KmsKeyId) != "" {
			key, err := s.keyARN(ctx, call, *in.KmsKeyId)
			if err != nil {
				return nil, err
			}
			if rec.Sealed, rec.KMSKey, err = s.seal(ctx, key, s.arn(certificates, rec.ID), secrets{PEM: text}); err != nil {
				return nil, err
			}
			rec.PEM = ""
		}
		_, err = s.Store.Update(ctx, func(tx store.Tx) error {
			if err := s.claim(tx, certificates, rec.Name, rec.ID); err != nil {
				return err
			}
			if err := s.quota(tx, quotaCertificates, 1); err != nil {
				return err
			}
			return store.Write(tx, certificates.keys()+rec.ID, rec)
		})
		if err != nil {
			return nil, err
		}
		return &dmsapi.ImportCertificateResponse{Certificate: s.showCertificate(rec, text)}, nil
	})
}

func (s *Service) newCertificate(call *service.Call, in *dmsapi.ImportCertificateMessage) (*Certificate, string, error) {
	name := strings.ToLower(value(in.CertificateIdentifier))
	if err := checkName("CertificateIdentifier", name, longestCertificate); err != nil {
		return nil, "", err
	}
	tags, err := tagsIn(in.Tags)
	if err != nil {
		return nil, "", err
	}
	switch {
	case len(in.CertificateWallet) > 0 && value(in.CertificatePem) != "":
		return nil, "", invalidCombination("Give either CertificatePem or CertificateWallet, and not both.")
	case len(in.CertificateWallet) > 0:
		return nil, "", badCertificate("CertificateWallet holds a wallet of Oracle, and this server does not reach Oracle. Give the certificates in CertificatePem.")
	}
	all, text, err := readPEM(value(in.CertificatePem))
	if err != nil {
		return nil, "", err
	}
	c := all[0]
	return &Certificate{
		ID: newID(), Name: name, Owner: s.Account, Algorithm: signedWith(c), KeyLength: keyLength(c), From: c.NotBefore.UTC(), To: c.NotAfter.UTC(),
		Created: call.Now.UTC(), Tags: tags,
	}, text, nil
}

// showCertificate is a certificate as DMS answers it. Its text is no secret.
func (s *Service) showCertificate(rec *Certificate, text string) *dmsapi.Certificate {
	out := &dmsapi.Certificate{
		CertificateArn: new(s.arn(certificates, rec.ID)), CertificateIdentifier: &rec.Name, CertificateCreationDate: &rec.Created,
		CertificatePem: some(text), CertificateOwner: &rec.Owner, SigningAlgorithm: &rec.Algorithm, ValidFromDate: &rec.From,
		ValidToDate: &rec.To, KmsKeyId: some(rec.KMSKey),
	}
	if rec.KeyLength != 0 {
		out.KeyLength = &rec.KeyLength
	}
	return out
}

// pemOf reads the text of a certificate.
func (s *Service) pemOf(ctx context.Context, rec *Certificate) (string, error) {
	if rec.Sealed == nil {
		return rec.PEM, nil
	}
	what, err := s.open(ctx, s.arn(certificates, rec.ID), rec.Sealed)
	return what.PEM, err
}
