package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/summary"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// sampleTime is how long a sample is read.
const sampleTime = 5 * time.Second

// assessFlags are the flags of `whimbrel assess`: those of migrate that choose and shape tables, and its own.
type assessFlags struct {
	migrateFlags
	assess.Selection
	html   string
	sample time.Duration
}

func newAssess() *cobra.Command {
	f := &assessFlags{}
	cmd := &cobra.Command{
		Use:   "assess SOURCE TARGET",
		Short: "Look for what would keep a migration from working, before it starts",
		Long: `Checks both databases, the table mappings and the task settings for what would keep a migration from working or from being whole,
and says what mends it, with the statements. The checks are DMS's premigration assessments, by DMS's names, as far as they mean
something here. Nothing is changed.

Exit codes: 0 nothing failed (there may be warnings); 1 failed; 2 wrong usage; 3 a check failed or could not be made (the report
says which); 130 interrupted.`,
		Example: `  # is this server ready to be followed?
  whimbrel assess postgres://app@old/shop postgres://app@new/shop --type full-load-and-cdc

  # a page to hand on
  whimbrel assess mysql://app@db/shop postgres://app@pg/shop --html assessment.html

  # before a load into Redshift, which is given its rows through a bucket
  whimbrel assess postgres://app@db/shop redshift://loader@cluster/dwh --target-setting BucketName=stage

  # two checks alone
  whimbrel assess mysql://app@db/shop postgres://app@pg/shop --check mysql-check-select-privileges --check postgres-check-target-privileges`,
		Args: exactly(2, "SOURCE and TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error { return runAssess(cmd, f, args[0], args[1]) },
	}
	f.bind(cmd)
	return cmd
}

func (f *assessFlags) bind(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.changes.migrationType, "type", string(task.FullLoad), "what the migration will do: "+strings.Join(migrationTypes, ", "))
	fl.StringArrayVar(&f.Only, "check", nil, "make this check alone (`name`, repeatable)")
	fl.StringArrayVar(&f.Exclude, "skip", nil, "leave this check out (`name`, repeatable)")
	fl.StringVar(&f.tableMappings, "table-mappings", "", "DMS table mappings: a JSON `file`")
	fl.StringVar(&f.taskSettings, "task-settings", "", "DMS task settings: a JSON `file`")
	fl.StringArrayVar(&f.only, "only", nil, "look only at what matches 'schema.table' (`pattern`; % any run, _ one character, [_] an underscore; repeatable)")
	fl.StringArrayVar(&f.exclude, "exclude", nil, "leave out what matches 'schema.table' (`pattern`; repeatable)")
	fl.StringVar(&f.targetSchema, "target-schema", "", "everything goes into this `schema` of the target (MySQL: database)")
	fl.StringVar(&f.prep, "prep", "", "what the migration will do with target tables that hold rows: truncate, drop or append")
	fl.BoolVar(&f.tablesOnly, "tables-only", false, "the migration makes tables and primary keys alone, as DMS does")
	fl.StringArrayVar(&f.changes.sourceSettings, "source-setting", nil, "an endpoint setting of the source by its DMS name (`name=value`, repeatable)")
	fl.StringArrayVar(&f.changes.targetSettings, "target-setting", nil, "an endpoint setting of the target: BucketName=stage (`name=value`, repeatable)")
	fl.StringVar(&f.html, "html", "", "write the report as a page to this `file` as well")
	fl.DurationVar(&f.sample, "sample", sampleTime, "how long the largest table is read at most, to estimate the time of a load; 0: not at all")
	fl.BoolVar(&f.json, "json", false, "print the report, and log lines, as JSON")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "log more")
	_ = cmd.RegisterFlagCompletionFunc("type", cobra.FixedCompletions(migrationTypes, cobra.ShellCompDirectiveNoFileComp))
}

func runAssess(cmd *cobra.Command, f *assessFlags, source, target string) error {
	if !slices.Contains(migrationTypes, f.changes.migrationType) {
		return usageError{fmt.Errorf("--type %q: want one of %s", f.changes.migrationType, strings.Join(migrationTypes, ", "))}
	}
	if f.sample < 0 {
		return usageError{fmt.Errorf("--sample %s: want a time such as 5s, or 0 for none", f.sample)}
	}
	f.stallTimeout = task.DefaultStallAfter
	config, err := f.config(source, target)
	if err != nil {
		return err
	}
	config.Name, config.Engines, config.Stats, config.ChangeStats = "assess", all.Engines(), &fullload.Stats{}, &cdc.Stats{}
	config.Log = f.log(cmd, config.Settings)
	if err := writable("html", f.html); err != nil {
		return err
	}
	ctx := cmd.Context()
	t, err := openTask(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	found, err := t.Examine(ctx)
	if err != nil {
		return err
	}
	if err := f.Check(assess.KindOf(found)); err != nil {
		return usageError{err}
	}
	report, err := assess.Run(ctx, found, assess.Options{Selection: f.Selection})
	if err != nil {
		return err
	}
	if f.sample > 0 && f.changes.migrationType != string(task.Changes) {
		if report.Sample, err = t.Sample(ctx, found, f.sample); err != nil {
			report.SampleFailed = err.Error()
		}
	}
	if err := summary.Assessment(cmd.OutOrStdout(), report, f.json); err != nil {
		return err
	}
	if f.html != "" {
		if err := writeFile(f.html, func(out io.Writer) error { return summary.AssessmentPage(out, report) }); err != nil {
			return err
		}
	}
	switch report.Status() {
	case assess.Failed, assess.Errored, assess.Cancelled:
		return fmt.Errorf("%w: see the report", errNotReady)
	}
	return nil
}

// writable makes sure, before the work for it begins, that a file can be written. What is in it stays.
func writable(flag, path string) error {
	if path == "" {
		return nil
	}
	_, missing := os.Stat(path)
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666) //nolint:gosec // the path the user gave, made as os.Create does
	if err != nil {
		return usageError{fmt.Errorf("--%s: %w", flag, err)}
	}
	_ = file.Close()
	if missing != nil {
		_ = os.Remove(path) // no empty file stays when the work fails
	}
	return nil
}

// writeFile writes a report to the file that the user named.
func writeFile(path string, write func(io.Writer) error) (err error) {
	file, err := os.Create(path) //nolint:gosec // the path the user gave
	if err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	defer func() { err = errors.Join(err, file.Close()) }()
	return write(file)
}
