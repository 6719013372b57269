package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
)

// migrateFlags are the flags of `whimbrel migrate`.
type migrateFlags struct {
	tableMappings, taskSettings string
	changes                     changeFlags
	only, exclude               []string
	targetSchema, prep          string
	parallelism                 int
	rateLimits                  []string
	segmentSize                 string
	stallTimeout                time.Duration
	dryRun, json, verbose       bool
	tablesOnly                  bool
	otlpEndpoint                string
}

// bindNames binds the flags by which a migration is known again, and how it is reached: those of every command that speaks of one.
func (f *migrateFlags) bindNames(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.tableMappings, "table-mappings", "", "DMS table mappings: a JSON `file`")
	fl.StringVar(&f.taskSettings, "task-settings", "", "DMS task settings: a JSON `file`, merged over defaults that lose nothing")
	f.changes.bindNames(cmd)
	fl.StringArrayVar(&f.only, "only", nil, "move only what matches 'schema.table' (`pattern`; % any run, _ one character, [_] an underscore; repeatable)")
	fl.StringArrayVar(&f.exclude, "exclude", nil, "leave out what matches 'schema.table' (`pattern`; repeatable)")
	fl.StringVar(&f.targetSchema, "target-schema", "", "put everything into this `schema` (MySQL: database)")
	fl.BoolVarP(&f.verbose, "verbose", "v", false, "log more")
	f.stallTimeout = task.DefaultStallAfter
}

// bindPrep binds the flag that says what becomes of rows that are there.
func (f *migrateFlags) bindPrep(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.prep, "prep", "", "a target table that holds rows: truncate, drop or append (default: refuse)")
	_ = cmd.RegisterFlagCompletionFunc("prep", cobra.FixedCompletions([]string{"truncate", "drop", "append"}, cobra.ShellCompDirectiveNoFileComp))
}

// bind binds all flags of migrate.
func (f *migrateFlags) bind(cmd *cobra.Command) {
	f.bindNames(cmd)
	f.bindPrep(cmd)
	f.changes.bind(cmd)
	fl := cmd.Flags()
	fl.BoolVar(&f.tablesOnly, "tables-only", false, "make tables and primary keys alone, as DMS does")
	fl.Var(&bounded{&f.parallelism, 1, 49}, "parallelism", fmt.Sprintf("`segments` loaded at once, 1 to 49 (default %d here)", defaultParallelism()))
	fl.StringArrayVar(&f.rateLimits, "rate-limit", nil, "hold the reading to a `rate`: 5000rows/s, 20MB/s (repeatable)")
	fl.StringVar(&f.segmentSize, "segment-size", "", "what one segment of a table should hold: 16MB, 1GiB (`size`; default 64MiB)")
	fl.DurationVar(&f.stallTimeout, "stall-timeout", task.DefaultStallAfter, "give up when nothing moves for so long and one end does not answer a new connection")
	fl.BoolVar(&f.dryRun, "dry-run", false, "print tables, target DDL and segments; change nothing")
	fl.BoolVar(&f.json, "json", false, "print the summary, and log lines, as JSON")
	fl.StringVar(&f.otlpEndpoint, "otlp-endpoint", "", "`URL` of the OpenTelemetry collector that traces go to, instead of OTEL_EXPORTER_OTLP_ENDPOINT; none by default")
}

// defaultParallelism is a segment a processor: more loaders of one table wait for each other.
func defaultParallelism() int { return min(max(2, runtime.NumCPU()), 16) }

// mostExtraWorkers bounds the connections that small tables are loaded by beside the others, unless the user says how many there are to be.
const mostExtraWorkers = 4

func (f *migrateFlags) config(source, target string) (task.Config, error) {
	engines := all.Engines()
	if err := checkURL("source", source, engines); err != nil {
		return task.Config{}, err
	}
	if err := checkURL("target", target, engines); err != nil {
		return task.Config{}, err
	}
	s, err := f.settings()
	if err != nil {
		return task.Config{}, err
	}
	rules, err := f.rules()
	if err != nil {
		return task.Config{}, err
	}
	rows, bytes, err := parseRates(f.rateLimits)
	if err != nil {
		return task.Config{}, err
	}
	segment, err := parseSize(f.segmentSize)
	if err != nil {
		return task.Config{}, err
	}
	if f.stallTimeout <= 0 {
		return task.Config{}, usageError{fmt.Errorf("--stall-timeout %s: want a time such as 60s", f.stallTimeout)}
	}
	control := s.ControlTablesSettings.ControlSchema
	c := task.Config{
		Source:   connector.Config{URL: source, Getenv: os.Getenv},
		Target:   connector.Config{URL: target, Getenv: os.Getenv, ControlSchema: control},
		Mappings: rules, Exclude: f.exclusions(), Settings: s, TargetSchema: f.targetSchema, RefuseRows: f.refuseRows(s),
		RowsPerSecond: rows, BytesPerSecond: bytes, SegmentBytes: segment, StallAfter: f.stallTimeout,
	}
	if f.parallelism == 0 && !s.Explicit("FullLoadSettings.MaxFullLoadSubTasks") {
		c.ExtraWorkers = min(defaultParallelism(), mostExtraWorkers)
	}
	return c, f.changes.apply(&c)
}

// refuseRows holds unless the user has said, by flag or in the settings, what to do with rows that are there.
func (f *migrateFlags) refuseRows(s *settings.Settings) bool {
	return f.prep == "" && !s.Explicit("FullLoadSettings.TargetTablePrepMode")
}

func (f *migrateFlags) settings() (*settings.Settings, error) {
	s := settings.MigrateDefaults()
	if f.taskSettings != "" {
		document, err := os.ReadFile(f.taskSettings)
		if err != nil {
			return nil, usageError{fmt.Errorf("--task-settings: %w", err)}
		}
		if s, err = settings.ParseOver(settings.MigrateDefaults(), document); err != nil {
			return nil, usageError{fmt.Errorf("--task-settings %s: %w", f.taskSettings, err)}
		}
	}
	if err := s.Check(); err != nil {
		return nil, usageError{fmt.Errorf("--task-settings %s: %w", f.taskSettings, err)}
	}
	modes := map[string]string{"truncate": "TRUNCATE_BEFORE_LOAD", "drop": "DROP_AND_CREATE", "append": "DO_NOTHING"}
	if f.prep != "" {
		mode, ok := modes[f.prep]
		if !ok {
			return nil, usageError{fmt.Errorf("--prep %q: want truncate, drop or append", f.prep)}
		}
		s.FullLoadSettings.TargetTablePrepMode = mode
	}
	switch {
	case f.parallelism > 0:
		s.FullLoadSettings.MaxFullLoadSubTasks = f.parallelism
	case !s.Explicit("FullLoadSettings.MaxFullLoadSubTasks"):
		s.FullLoadSettings.MaxFullLoadSubTasks = defaultParallelism()
	}
	if f.tablesOnly {
		s.WhimbrelSettings.SecondaryObjects = false
	}
	return s, nil
}

// exclusions are those of the default selection: with --only they are rules like any other.
func (f *migrateFlags) exclusions() []string {
	if len(f.only) > 0 {
		return nil
	}
	return f.exclude
}

func (f *migrateFlags) rules() (*mapping.Rules, error) {
	if f.tableMappings == "" {
		rules, err := mapping.FromPatterns(f.only, f.exclude)
		if err != nil {
			return nil, usageError{err}
		}
		if len(f.only) == 0 { // then it depends on the source what there is to exclude from
			return nil, nil
		}
		return rules, nil
	}
	if len(f.only)+len(f.exclude) > 0 {
		return nil, usageError{errors.New("--table-mappings goes without --only and --exclude: write them as selection rules")}
	}
	document, err := os.ReadFile(f.tableMappings)
	if err != nil {
		return nil, usageError{fmt.Errorf("--table-mappings: %w", err)}
	}
	rules, err := mapping.Parse(document)
	if err != nil {
		return nil, usageError{fmt.Errorf("--table-mappings %s: %w", f.tableMappings, err)}
	}
	return rules, nil
}
