package server

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/whimbreldb/whimbrel/internal/datafile"
	"github.com/whimbreldb/whimbrel/internal/logstore"
	"github.com/whimbreldb/whimbrel/internal/metric"
)

// Observed are files for what a server has measured and logged, beside a backup of its state. Empty names leave it out.
type Observed struct{ Metrics, Logs string }

// kept is one of the files of a data directory, and a table that it has.
type kept struct{ where, table, copied string }

func (o Observed) files(dataDir string) (all []kept) {
	if o.Metrics != "" {
		all = append(all, kept{filepath.Join(dataDir, "metrics", metric.FileName), metric.FileTable, o.Metrics})
	}
	if o.Logs != "" {
		all = append(all, kept{filepath.Join(dataDir, "logs", logstore.FileName), logstore.FileTable, o.Logs})
	}
	return all
}

// BackupObserved copies metrics and logs of a data directory into new files, each as of one moment. The server may run.
func BackupObserved(ctx context.Context, c Config, o Observed) error {
	if err := c.complete(); err != nil {
		return err
	}
	for _, f := range o.files(c.DataDir) {
		if err := datafile.Copy(ctx, f.where, f.copied, f.table); err != nil {
			return err
		}
	}
	return nil
}

// CanRestoreObserved says, before a state is restored, why its metrics and logs could not be.
func CanRestoreObserved(ctx context.Context, c Config, o Observed) error {
	if err := c.complete(); err != nil {
		return err
	}
	var problems []error
	for _, f := range o.files(c.DataDir) {
		problems = append(problems, datafile.CanCopy(ctx, f.copied, f.where, f.table))
	}
	return errors.Join(problems...)
}

// RestoreObserved puts copies into a data directory that has no metrics or logs of its own yet.
func RestoreObserved(ctx context.Context, c Config, o Observed) error {
	if err := c.complete(); err != nil {
		return err
	}
	var problems []error
	for _, f := range o.files(c.DataDir) {
		problems = append(problems, datafile.Copy(ctx, f.copied, f.where, f.table))
	}
	return errors.Join(problems...)
}
