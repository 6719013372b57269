package iam

import (
	"bytes"
	"context"
	"encoding/csv"
	"strconv"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// generateCredentialReport makes the report of all users and their keys, which GetCredentialReport then shows for four hours.
func (s *Service) generateCredentialReport() service.Operation {
	return service.Handle("GenerateCredentialReport", onNothing,
		func(ctx context.Context, call *service.Call, _ *service.None) (*iamapi.GenerateCredentialReportResponse, error) {
			content, err := s.report(ctx, call)
			if err != nil {
				return nil, err
			}
			err = s.update(ctx, func(tx store.Tx) error {
				return store.Write(tx, reportKey, report{stamped(call), content})
			})
			return &iamapi.GenerateCredentialReportResponse{State: new("COMPLETE"), Description: new("No report exists. Starting a new report generation task")}, err
		})
}

// report is the credential report as the store keeps it.
type report struct {
	Made    time.Time
	Content []byte
}

const reportKey = "iamaccount/report"

var reportColumns = []string{
	"user", "arn", "user_creation_time", "password_enabled", "password_last_used", "password_last_changed", "password_next_rotation", "mfa_active",
	"access_key_1_active", "access_key_1_last_rotated", "access_key_1_last_used_date", "access_key_1_last_used_region", "access_key_1_last_used_service",
	"access_key_2_active", "access_key_2_last_rotated", "access_key_2_last_used_date", "access_key_2_last_used_region", "access_key_2_last_used_service",
	"cert_1_active", "cert_1_last_rotated", "cert_2_active", "cert_2_last_rotated",
}

func (s *Service) report(ctx context.Context, call *service.Call) ([]byte, error) {
	users, err := all[identity.User](s.read(ctx), identity.UserKey(""))
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	w := csv.NewWriter(&out)
	_ = w.Write(reportColumns) // to memory
	_ = w.Write(s.rootRow(call))
	for i := range users {
		row, err := s.reportRow(ctx, &users[i])
		if err != nil {
			return nil, err
		}
		_ = w.Write(row)
	}
	w.Flush()
	return out.Bytes(), w.Error()
}

// rootRow is the row of the account itself, the first one (IAM User Guide, "Generate credential reports for your AWS account"). The account has
// neither a password nor devices nor keys here.
func (s *Service) rootRow(call *service.Call) []string {
	row := []string{"<root_account>", "arn:" + call.Partition + ":iam::" + call.Account + ":root", stamp(s.since), "not_supported", "N/A", "not_supported", "not_supported", "false"}
	for range maxAccessKeys {
		row = append(row, "false", "N/A", "N/A", "N/A", "N/A")
	}
	return append(row, "false", "N/A", "false", "N/A")
}

func (s *Service) reportRow(ctx context.Context, u *identity.User) ([]string, error) {
	keys, err := keysOf(s.read(ctx), u.Name)
	if err != nil {
		return nil, err
	}
	devices, err := devicesOf(s.read(ctx), u.Name)
	if err != nil {
		return nil, err
	}
	row := []string{u.Name, s.directory.ARN("user", u.Path, u.Name), stamp(u.Created), "false", "N/A", "N/A", "N/A", strconv.FormatBool(len(devices) > 0)}
	for i := range maxAccessKeys {
		if i >= len(keys) {
			row = append(row, "false", "N/A", "N/A", "N/A", "N/A")
			continue
		}
		used, err := s.usage.of(ctx, keyUse, keys[i].ID)
		if err != nil {
			return nil, err
		}
		if used.At.IsZero() {
			row = append(row, strconv.FormatBool(keys[i].Active), stamp(keys[i].Created), "N/A", "N/A", "N/A")
			continue
		}
		row = append(row, strconv.FormatBool(keys[i].Active), stamp(keys[i].Created), stamp(used.At), used.Region, used.Service)
	}
	return append(row, "false", "N/A", "false", "N/A"), nil
}

func stamp(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05+00:00") }
