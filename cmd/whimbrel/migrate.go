package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/whimbreldb/whimbrel/internal/assess"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/summary"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
	"github.com/whimbreldb/whimbrel/internal/validate"
)

func newMigrate() *cobra.Command {
	f := &migrateFlags{}
	cmd := &cobra.Command{
		Use:   "migrate SOURCE TARGET",
		Short: "Move a database: schema, rows, keys, indexes and the rest",
		Long: `Moves the database at SOURCE into the database at TARGET. Both are URLs:

  postgres://user@host:5432/database?sslmode=verify-full
  mysql://user@host:3306/database?tls=verify-full      (mariadb:// likewise)
  sqlite:path/to/file.db
  s3://bucket/folder?endpoint=https://store:9000, file:///folder   (files, which hold rows alone; CSV files as SOURCE)
  redshift://user@host:5439/database                               (as TARGET alone, with the setting BucketName)

Passwords are also read from where each engine's users keep them: PGPASSWORD and ~/.pgpass, MYSQL_PWD and ~/.my.cnf. Keys of
buckets are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.

Missing tables are made. A target table that holds rows is refused, unless --prep says what to do with them. Ctrl-C
stops within two seconds, and the same command goes on where it stopped; no row is ever doubled.

Exit codes: 0 everything moved; 1 failed; 2 wrong usage; 3 ended, but rows were rejected or something could not be
carried over (the summary says what); 130 interrupted.`,
		Example: `  # a whole PostgreSQL database to another server
  whimbrel migrate postgres://app@old/shop postgres://app@new/shop

  # one MariaDB database into PostgreSQL, without its log tables, looking first
  whimbrel migrate mariadb://app@db/shop postgres://app@pg/shop --exclude 'shop.log[_]%' --dry-run

  # a table mapping and task settings as written for AWS DMS
  whimbrel migrate mysql://app@db/shop postgres://app@pg/shop --table-mappings mappings.json --task-settings settings.json

  # CSV files, whose tables a document describes as for AWS DMS
  whimbrel migrate file:///srv/files postgres://app@pg/shop --source-setting ExternalTableDefinition=@tables.json

  # into Redshift, through a bucket
  whimbrel migrate postgres://app@db/shop redshift://loader@cluster/dwh --target-setting BucketName=stage

  # gently, from a production server
  whimbrel migrate postgres://app@prod/shop sqlite:shop.db --parallelism 1 --rate-limit 5000rows/s --rate-limit 2MB/s`,
		Args: exactly(2, "SOURCE and TARGET"),
		RunE: func(cmd *cobra.Command, args []string) error { return migrate(cmd, f, args[0], args[1]) },
	}
	f.bind(cmd)
	return cmd
}

func migrate(cmd *cobra.Command, f *migrateFlags, source, target string) error {
	config, err := f.config(source, target)
	if err != nil {
		return err
	}
	config.Engines = all.Engines()
	config.Stats, config.ChangeStats, config.ValidationStats = &fullload.Stats{}, &cdc.Stats{}, &validate.Stats{}
	config.Log = f.log(cmd, config.Settings)
	if f.changes.wayBack != "" { // a place that cannot be written is better known before the writers are stopped
		file, err := os.OpenFile(f.changes.wayBack, os.O_WRONLY|os.O_CREATE, 0o600)
		if err != nil {
			return usageError{fmt.Errorf("--way-back: %w", err)}
		}
		_ = file.Close()
	}
	return traced(cmd, f.otlpEndpoint, config, func() error {
		return runTask(cmd, f.json, f.dryRun, config, func(r *task.Report) error { return f.keepWayBack(cmd, config, r) })
	})
}

// keepWayBack writes the table mappings of the way back, and says how it is started.
func (f *migrateFlags) keepWayBack(cmd *cobra.Command, c task.Config, r *task.Report) error {
	if r == nil || r.Cutover == nil || r.Cutover.WayBack == nil {
		return nil
	}
	document, err := r.Cutover.WayBack.Rules.MarshalJSON()
	if err == nil {
		err = os.WriteFile(f.changes.wayBack, document, 0o600)
	}
	if err != nil {
		return fmt.Errorf("write the table mappings of the way back: %w", err)
	}
	command := fmt.Sprintf("whimbrel migrate %s %s --migration-type cdc --table-mappings %s", connector.Redact(c.Target.URL), connector.Redact(c.Source.URL), f.changes.wayBack)
	if f.taskSettings != "" {
		command += " --task-settings " + f.taskSettings
	}
	out := cmd.OutOrStdout()
	if f.json {
		out = cmd.ErrOrStderr()
	}
	_, err = fmt.Fprintf(out, "\nThe way back begins at %s. Release the way there, then start it:\n  %s\n", r.Cutover.WayBack.Position, command)
	for _, l := range r.Cutover.WayBack.LeftBehind {
		_, _ = fmt.Fprintln(out, "  "+l)
	}
	return err
}

// log is where a task logs to.
func (f *migrateFlags) log(cmd *cobra.Command, s *settings.Settings) *slog.Logger {
	return slog.New(task.LogHandler(logTo(cmd.ErrOrStderr(), f.json), s, f.verbose))
}

// runTask plans and runs a migration, showing progress on standard error and the summary on standard output.
// told is called after the summary of a run that has not failed; it may be nil.
func runTask(cmd *cobra.Command, asJSON, dryRun bool, config task.Config, told func(*task.Report) error) error {
	err := runOnce(cmd, asJSON, dryRun, config, told)
	if errors.Is(err, errInterrupted) {
		return fmt.Errorf("%w; run the same command again to go on where it stopped", err)
	}
	return err
}

func runOnce(cmd *cobra.Command, asJSON, dryRun bool, config task.Config, after func(*task.Report) error) error {
	ctx := cmd.Context()
	t, err := openTask(ctx, config)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	plan, err := t.Plan(ctx)
	if err != nil {
		return err
	}
	if dryRun {
		preview, err := t.Preview(ctx, plan)
		if err != nil {
			return err
		}
		return summary.Preview(cmd.OutOrStdout(), preview, asJSON)
	}
	if !plan.Resumed {
		if err := assess.Gate(ctx, t, config.Log); err != nil {
			return err
		}
	}
	boundMemory(config)
	stop := showProgress(ctx, config, cmd.ErrOrStderr(), asJSON)
	report, err := t.Run(ctx, plan)
	stop()
	if told := summary.Report(cmd.OutOrStdout(), report, err, asJSON); told != nil {
		return errors.Join(err, told)
	}
	if err == nil && after != nil {
		err = after(report)
	}
	switch {
	case err != nil:
		return err
	case !report.Complete():
		return fmt.Errorf("%w: see the summary", errIncomplete)
	}
	return nil
}

// boundMemory makes the garbage collector keep the process near what its workers, or the groups of changes, need beside the
// plan, unless GOMEMLIMIT says otherwise: huge values leave as much garbage behind.
func boundMemory(c task.Config) {
	if os.Getenv("GOMEMLIMIT") != "" {
		return
	}
	debug.SetMemoryLimit(memoryLimit(c, heapInUse()))
}

// memoryLimit bounds a process whose heap holds so much once everything is planned. A plan of thousands of tables grows while it
// is carried out, to about twice its size: a bound below that has the collector run all the time.
func memoryLimit(c task.Config, planned uint64) int64 {
	need := 64 + 12*c.Settings.FullLoadSettings.MaxFullLoadSubTasks
	if c.Type != task.FullLoad {
		need = max(need, changesMemory)
	}
	if strings.HasPrefix(c.Target.URL, "sqlite:") {
		need -= sqliteMemory
	}
	beyond := max(0, int64(planned)-smallPlan) //nolint:gosec // a heap is smaller than 8 EiB
	return int64(need)<<20 + 3*beyond
}

// smallPlan is what the heap holds of hundreds of tables and of the program itself.
const smallPlan = 12 << 20

// heapInUse is what the heap holds without its garbage.
func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// changesMemory is what the groups of changes on their way need with everything else, in MiB.
const changesMemory = 128

// sqliteMemory is what SQLite takes for a file that is written to, beside the heap, in MiB.
const sqliteMemory = 32

// showProgress draws bars on a terminal and logs lines elsewhere; the function it returns ends that.
func showProgress(ctx context.Context, config task.Config, out io.Writer, asJSON bool) (stop func()) {
	// Progress is shown until the run has ended, also after an interrupt.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	var shown sync.WaitGroup
	shown.Go(func() {
		loading, loaded := context.WithCancel(ctx)
		defer loaded()
		if config.Type != task.FullLoad {
			shown.Go(func() { progress.AwaitChanges(loading, config.ChangeStats, loaded) })
		}
		if file, ok := out.(*os.File); ok && !asJSON && term.IsTerminal(int(file.Fd())) {
			progress.Bars(loading, config.Stats, out)
			progress.ChangeBar(ctx, config.ChangeStats, out)
			return
		}
		if config.Settings.ValidationSettings.EnableValidation {
			shown.Go(func() { progress.ValidationLines(ctx, config.ValidationStats, config.Log, 10*time.Second) })
		}
		progress.Lines(loading, config.Stats, config.Log, 10*time.Second)
		progress.ChangeLines(ctx, config.ChangeStats, config.Log, 10*time.Second)
	})
	return func() {
		cancel()
		shown.Wait()
	}
}

// logTo writes every line it is given: what a task logs is for its settings to say.
func logTo(out io.Writer, asJSON bool) slog.Handler {
	o := &slog.HandlerOptions{Level: tasklog.DetailedDebug}
	if asJSON {
		return slog.NewJSONHandler(out, o)
	}
	return slog.NewTextHandler(out, o)
}

// checkURL catches the commonest mistake, a file name or a host where a URL should be, before anything is opened.
func checkURL(what, raw string, engines connector.Engines) error {
	if _, err := engines.ForURL(raw); err != nil {
		return usageError{fmt.Errorf("%s: %w", strings.ToUpper(what), err)}
	}
	return nil
}
