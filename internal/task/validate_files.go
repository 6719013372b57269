package task

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// checkFiles refuses what cannot be compared of a target of files. While changes are followed the rows that files of loads and of changes leave together
// are compared; AWS DMS does so once a day (user guide, "Amazon S3 target data validation").
func (t *Task) checkFiles() error {
	files, ok := t.target.(connector.ReadBackFiles)
	if !ok || !t.validates() && !t.resyncs() {
		return nil
	}
	if t.resyncs() {
		return errNotRepaired()
	}
	if err := files.CheckReadBack(); err != nil || !t.follows() {
		return err
	}
	return files.CheckReadChanges()
}

func errNotRepaired() error {
	return &connector.Error{
		Class: connector.Invalid, Err: errors.New("rows in files are not made what the source's are: a file stays as it was written"),
		Remedy: "load the table anew (whimbrel reload, ReloadTables)",
	}
}

// fileFailures keeps failures in files beside those of the tables.
func (r *run) fileFailures(ctx context.Context, files connector.ReadBackFiles, results []*validate.Result) error {
	for _, v := range results {
		if v == nil {
			continue
		}
		failures := v.Failures
		if why := unfinished(v); why != "" {
			failures = append(slices.Clip(failures), validate.Failure{Kind: validate.TableWarning, Why: why})
		}
		out, now := make([]connector.FiledFailure, len(failures)), time.Now()
		for i, f := range failures {
			out[i] = connector.FiledFailure{Time: now, KeyType: "Row", Key: cutTo(failureKey(f), failureKeySize), Type: string(f.Kind), Details: cutTo(failureDetails(f, failureKeySize), failureKeySize)}
		}
		if err := files.FileFailures(ctx, r.Name, v.Target, out); err != nil {
			return err
		}
	}
	return nil
}
