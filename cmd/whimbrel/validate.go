package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/summary"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

// validateFlags are the flags of `whimbrel validate`: those of migrate that choose and shape tables, and its own.
type validateFlags struct {
	migrateFlags
	repair bool
	html   string
	most   int
	keys   int
}

func newValidate() *cobra.Command {
	f := &validateFlags{}
	cmd := &cobra.Command{
		Use:   "validate SOURCE TARGET",
		Short: "Prove that the target holds what the source holds, or find the rows that differ",
		Long: `Compares every row of the selected tables with the target's, through the same table mappings and settings that moved them,
or that would have: the databases need not have been moved by Whimbrel. Where both databases can compute the same digest, one
line for thousands of rows travels; the rows themselves are read only where digests differ. Each side is read in one
snapshot, and nothing is changed unless --repair says so. Files are read back with the settings that they were written with
(--target-setting), those of a full load alone; of Redshift all rows are read.

Rows that are written while the comparison runs may be reported. Stop the writers first, or validate within a migration that
follows changes (EnableValidation in the task settings).

Exit codes: 0 all rows are the same; 1 failed; 2 wrong usage; 3 rows differ, or a table could not be compared (the report says
which); 130 interrupted.`,
		Example: `  # the proof before the switch
  whimbrel validate postgres://app@old/shop postgres://app@new/shop --html proof.html

  # one table of a database that something else has moved, and make it good
  whimbrel validate mysql://app@db/shop postgres://app@pg/shop --only shop.orders --repair

  # the files of a load, read back
  whimbrel validate postgres://app@db/shop file:///lake --target-setting DataFormat=parquet`,
		Args: exactly(2, "SOURCE and TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error { return runValidate(cmd, f, args[0], args[1]) },
	}
	f.bind(cmd)
	return cmd
}

func (f *validateFlags) bind(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.tableMappings, "table-mappings", "", "DMS table mappings: a JSON `file`")
	fl.StringVar(&f.taskSettings, "task-settings", "", "DMS task settings: a JSON `file`; ValidationSettings are honoured")
	fl.StringArrayVar(&f.only, "only", nil, "compare only what matches 'schema.table' (`pattern`; % any run, _ one character, [_] an underscore; repeatable)")
	fl.StringArrayVar(&f.exclude, "exclude", nil, "leave out what matches 'schema.table' (`pattern`; repeatable)")
	fl.StringVar(&f.targetSchema, "target-schema", "", "everything is in this `schema` of the target (MySQL: database)")
	fl.Var(&bounded{&f.parallelism, 1, 49}, "parallelism", fmt.Sprintf("`queries` at once on each side, 1 to 49 (default %d here)", defaultParallelism()))
	fl.StringArrayVar(&f.changes.sourceSettings, "source-setting", nil, "an endpoint setting of the source by its DMS name (`name=value`, repeatable)")
	fl.StringArrayVar(&f.changes.targetSettings, "target-setting", nil, "an endpoint setting of the target: DataFormat=parquet (`name=value`, repeatable)")
	fl.BoolVar(&f.repair, "repair", false, "make rows of the target that differ what the source's are, and compare them again")
	fl.IntVar(&f.most, "max-failures", 10_000, "failures listed of one table; all are counted (with --repair: repaired in one go)")
	fl.IntVar(&f.keys, "keys", 10, "failures of one table shown in the text")
	fl.StringVar(&f.html, "html", "", "write the report as a page to this `file` as well")
	fl.BoolVar(&f.json, "json", false, "print the report, and log lines, as JSON")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "log more")
}

func (f *validateFlags) validation(source, target string) (task.Config, error) {
	f.changes.migrationType = string(task.FullLoad)
	f.stallTimeout = task.DefaultStallAfter
	c, err := f.config(source, target)
	if err != nil {
		return c, err
	}
	switch {
	case f.most < 1:
		return c, usageError{fmt.Errorf("--max-failures %d: want at least 1", f.most)}
	case f.keys < 0:
		return c, usageError{fmt.Errorf("--keys %d: want 0 or more", f.keys)}
	}
	c.Name, c.Engines, c.Stats = "validate", all.Engines(), &fullload.Stats{}
	f.tune(c.Settings)
	return c, nil
}

// tune sets what the settings document leaves open. The document may be that of the task: what it says of resyncs is for a run of it.
func (f *validateFlags) tune(s *settings.Settings) {
	s.ResyncSettings = nil
	v := &s.ValidationSettings
	v.EnableValidation, v.ValidationOnly = true, false
	if f.parallelism > 0 || !s.Explicit("ValidationSettings.ThreadCount") {
		v.ThreadCount = s.FullLoadSettings.MaxFullLoadSubTasks
	}
	if !s.Explicit("ValidationSettings.TableFailureMaxCount") {
		v.TableFailureMaxCount = f.most
	}
	if !s.Explicit("ValidationSettings.FailureMaxCount") {
		v.FailureMaxCount = 0
	}
	if !s.Explicit("ValidationSettings.MaxKeyColumnSize") {
		v.MaxKeyColumnSize = 0
	}
}

func runValidate(cmd *cobra.Command, f *validateFlags, source, target string) error {
	config, err := f.validation(source, target)
	if err != nil {
		return err
	}
	config.Log = f.log(cmd, config.Settings)
	config.Source.Traffic, config.Target.Traffic = &connector.Traffic{}, &connector.Traffic{}
	if err := writable("html", f.html); err != nil {
		return err
	}
	ctx := cmd.Context()
	t, err := openTask(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	stats := &validate.Stats{}
	stop := showValidation(ctx, stats, config, cmd.ErrOrStderr(), f.json)
	v, err := t.Validate(ctx, stats, f.repair)
	stop()
	if errors.Is(context.Cause(ctx), errInterrupted) {
		return context.Cause(ctx)
	}
	if told := summary.Validation(cmd.OutOrStdout(), v, err, f.json, f.keys); told != nil {
		return errors.Join(err, told)
	}
	if f.html != "" {
		if told := writePage(f.html, v, err); told != nil {
			return errors.Join(err, told)
		}
	}
	switch {
	case err != nil:
		return err
	case !v.Equal():
		return fmt.Errorf("%w: see the report", errDifferent)
	}
	return nil
}

func writePage(path string, v *task.Validation, failure error) error {
	return writeFile(path, func(out io.Writer) error { return summary.ValidationPage(out, v, failure) })
}

// showValidation draws a bar on a terminal and logs lines elsewhere.
func showValidation(ctx context.Context, stats *validate.Stats, config task.Config, out io.Writer, asJSON bool) (stop func()) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		if file, ok := out.(*os.File); ok && !asJSON && term.IsTerminal(int(file.Fd())) {
			progress.ValidationBar(ctx, stats, out)
			return
		}
		progress.ValidationLines(ctx, stats, config.Log, 10*time.Second)
	}()
	return func() {
		cancel()
		<-done
	}
}
