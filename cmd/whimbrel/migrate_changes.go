package main

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// changeFlags are the flags of `whimbrel migrate` that concern changes.
type changeFlags struct {
	migrationType                  string
	startPosition, startTime       string
	stopPosition                   string
	sourceSettings, targetSettings []string
	cutover                        bool
	wayBack                        string
}

// migrationTypes are the words of --migration-type.
var migrationTypes = []string{string(task.FullLoad), string(task.FullLoadAndCDC), string(task.Changes)}

// bindNames binds the flags by which a migration with changes is known again.
func (f *changeFlags) bindNames(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.migrationType, "migration-type", string(task.FullLoad), "what to do: "+strings.Join(migrationTypes, ", "))
	fl.StringArrayVar(&f.sourceSettings, "source-setting", nil, "an endpoint setting of the source by its DMS name: SlotName=moves, ExternalTableDefinition=@tables.json (`name=value`, repeatable)")
	fl.StringArrayVar(&f.targetSettings, "target-setting", nil, "an endpoint setting of the target: DataFormat=parquet (`name=value`, repeatable)")
	_ = cmd.RegisterFlagCompletionFunc("migration-type", cobra.FixedCompletions(migrationTypes, cobra.ShellCompDirectiveNoFileComp))
}

// bind binds the others.
func (f *changeFlags) bind(cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.startPosition, "cdc-start-position", "", "with cdc: begin at this `position` of the source (an LSN or a slot's name, binlog.000024:373, a GTID set, a sequence number)")
	fl.StringVar(&f.startTime, "cdc-start-time", "", "with cdc: begin at this `time` (2026-02-09T12:12:12, UTC)")
	fl.StringVar(&f.stopPosition, "cdc-stop-position", "", "stop by itself: server_time:2026-02-09T12:12:12 or commit_time:2026-02-09T12:12:12 (`when`, UTC)")
	fl.BoolVar(&f.cutover, "cutover", false, "catch up, wait until the source is quiet, set sequences, enable triggers, compare counts, then end")
	fl.StringVar(&f.wayBack, "way-back", "", "with --cutover: begin replication from TARGET back to SOURCE, from the moment of the cutover; its table mappings go to this JSON `file`")
}

// apply puts what the flags say into the configuration of a task.
func (f *changeFlags) apply(c *task.Config) (err error) {
	if !slices.Contains(migrationTypes, f.migrationType) {
		return usageError{fmt.Errorf("--migration-type %q: want one of %s", f.migrationType, strings.Join(migrationTypes, ", "))}
	}
	c.Type = task.Type(f.migrationType)
	if c.Source.Settings, err = settingsOf("--source-setting", f.sourceSettings); err != nil {
		return err
	}
	if c.Target.Settings, err = settingsOf("--target-setting", f.targetSettings); err != nil {
		return err
	}
	if c.Cutover = f.cutover; c.Cutover && c.Type == task.FullLoad {
		return usageError{fmt.Errorf("--cutover goes with --migration-type cdc or full-load-and-cdc")}
	}
	if c.KeepWayBack = f.wayBack != ""; c.KeepWayBack && !c.Cutover {
		return usageError{fmt.Errorf("--way-back goes with --cutover, which finds the moment from which it leads back")}
	}
	if c.Start, err = f.start(c.Type); err != nil {
		return err
	}
	c.Stop, err = f.stop(c.Type)
	return err
}

// settingsOf reads settings. A document that is too long for a command line may be in a file: ExternalTableDefinition=@tables.json.
func settingsOf(flag string, pairs []string) (map[string]string, error) {
	out, given := map[string]string{}, map[string]bool{}
	for _, p := range pairs {
		name, value, ok := strings.Cut(p, "=")
		if !ok || name == "" {
			return nil, usageError{fmt.Errorf("%s %q: want name=value", flag, p)}
		}
		if given[strings.ToLower(name)] { // letters of any size are the same setting
			return nil, usageError{fmt.Errorf("%s %s is given twice", flag, name)}
		}
		given[strings.ToLower(name)] = true
		if file, is := strings.CutPrefix(value, "@"); is && strings.EqualFold(name, "ExternalTableDefinition") {
			if file == "" {
				return nil, usageError{fmt.Errorf("%s %s: @ names no file; want @FILE", flag, name)}
			}
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, usageError{fmt.Errorf("%s %s: %w", flag, name, err)}
			}
			value = string(text)
		}
		out[name] = value
	}
	return out, nil
}

func (f *changeFlags) start(kind task.Type) (p connector.StartPoint, err error) {
	switch {
	case f.startPosition == "" && f.startTime == "":
		return p, nil
	case f.startPosition != "" && f.startTime != "":
		return p, usageError{fmt.Errorf("--cdc-start-position and --cdc-start-time exclude each other: give one of them")}
	case kind != task.Changes:
		return p, usageError{fmt.Errorf("--cdc-start-position and --cdc-start-time go with --migration-type cdc: after a full load, changes begin where it ends")}
	case f.startTime != "":
		if p.At, err = task.ParseTime(f.startTime); err != nil {
			return p, usageError{fmt.Errorf("--cdc-start-time %w", err)}
		}
		return p, nil
	}
	return task.ParseStart(f.startPosition), nil
}

func (f *changeFlags) stop(kind task.Type) (p cdc.StopPoint, err error) {
	if f.stopPosition == "" {
		return p, nil
	}
	if kind == task.FullLoad {
		return p, usageError{fmt.Errorf("--cdc-stop-position goes with --migration-type cdc or full-load-and-cdc")}
	}
	if p, err = task.ParseStop(f.stopPosition); err != nil {
		return p, usageError{fmt.Errorf("--cdc-stop-position %w", err)}
	}
	return p, nil
}
