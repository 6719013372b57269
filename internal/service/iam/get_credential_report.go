package iam

import (
	"context"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// getCredentialReport shows the report that GenerateCredentialReport made.
func (s *Service) getCredentialReport() service.Operation {
	return service.Handle("GetCredentialReport", onNothing,
		func(ctx context.Context, call *service.Call, _ *service.None) (*iamapi.GetCredentialReportResponse, error) {
			r, err := fetch[report](s.read(ctx), reportKey, fault("CredentialReportNotPresentException", "No report present. Please generate a new report."))
			if err != nil {
				return nil, err
			}
			if call.Now.Sub(r.Made) > reportLife {
				return nil, fault("CredentialReportExpiredException", "The report is older than four hours. Please generate a new report.")
			}
			return &iamapi.GetCredentialReportResponse{Content: r.Content, ReportFormat: new("text/csv"), GeneratedTime: &r.Made}, nil
		})
}

// reportLife is how long a report is shown.
const reportLife = 4 * time.Hour
