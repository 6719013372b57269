package task

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// checkFiles refuses what cannot be compared of a target of files: rows that change are not told from files of which each is of one time.
// AWS DMS compares those of changes once a day (user guide, "Amazon S3 target data validation").
func (t *Task) checkFiles() error {
	files, ok := t.target.(connector.ReadBackFiles)
	if !ok || !t.validates() && !t.resyncs() {
		return nil
	}
	switch {
	case t.follows():
		return &connector.Error{
			Class:  connector.Invalid,
			Err:    fmt.Errorf("validation of a target of the engine %s compares the files of a full load, and the migration type %s follows changes", t.targetEngine.Name, t.Type),
			Remedy: "leave EnableValidation off, or use migration type full-load",
		}
	case t.resyncs():
		return errNotRepaired()
	}
	return files.CheckReadBack()
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
