package dms

import (
	"context"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// describeCertificates lists certificates. The text of one whose key cannot be used is left out.
func (s *Service) describeCertificates() service.Operation {
	return handle(s, "DescribeCertificates", func(ctx context.Context, _ *service.Call, in *dmsapi.DescribeCertificatesMessage) (*dmsapi.DescribeCertificatesResponse, error) {
		f, err := filtersOf(in.Filters, "certificate-arn", "certificate-id")
		if err != nil {
			return nil, err
		}
		for i, name := range f["certificate-id"] {
			f["certificate-id"][i] = strings.ToLower(name)
		}
		p, err := pageOf("DescribeCertificates", in.Marker, in.MaxRecords, most)
		if err != nil {
			return nil, err
		}
		all, marker, err := collect(s.reads(ctx), certificates.keys(), p, func(c *Certificate) bool {
			return s.allowsARN(f, "certificate-arn", certificates, c.ID) && f.allow("certificate-id", c.Name)
		})
		if err != nil {
			return nil, err
		}
		if len(all) == 0 && len(f) > 0 && p.after == "" {
			return nil, notFound("No Certificates found matching provided filters")
		}
		out := &dmsapi.DescribeCertificatesResponse{Marker: marker, Certificates: make([]dmsapi.Certificate, len(all))}
		for i := range all {
			text, err := s.pemOf(ctx, &all[i])
			if err != nil && !isKeyFault(err) {
				return nil, err
			}
			out.Certificates[i] = *s.showCertificate(&all[i], text)
		}
		return out, nil
	})
}
