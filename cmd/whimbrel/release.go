package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

func newRelease() *cobra.Command {
	f := &migrateFlags{}
	cmd := &cobra.Command{
		Use:   "release SOURCE TARGET",
		Short: "End a migration with changes: free the source, forget the checkpoint",
		Long: `Ends what 'whimbrel migrate --migration-type full-load-and-cdc' or 'cdc' has begun: the source need not keep changes
for it any more (the replication slot and publication, or the triggers, are removed), and the target forgets how far it
had come. Rows stay where they are. Source, target and the flags below name the migration: give them as to migrate. One
that neither side knows is an error, and nothing is changed.

A slot that nobody reads fills the disk of a PostgreSQL server: release a migration that is not to go on.`,
		Example: `  whimbrel release postgres://app@old/shop postgres://app@new/shop --migration-type full-load-and-cdc`,
		Args:    exactly(2, "SOURCE and TARGET"),
		RunE:    func(cmd *cobra.Command, args []string) error { return releaseTask(cmd, f, args[0], args[1]) },
	}
	f.bindNames(cmd)
	return cmd
}

// open opens a migration that is not to run, to ask something of it.
func (f *migrateFlags) open(cmd *cobra.Command, config task.Config) (*task.Task, error) {
	config.Engines = all.Engines()
	config.Stats, config.ChangeStats = &fullload.Stats{}, &cdc.Stats{}
	config.Log = f.log(cmd, config.Settings)
	return openTask(cmd.Context(), config)
}

func releaseTask(cmd *cobra.Command, f *migrateFlags, source, target string) error {
	config, err := f.config(source, target)
	if err != nil {
		return err
	}
	if config.Type == task.FullLoad {
		return usageError{fmt.Errorf("--migration-type full-load keeps nothing at the source: want full-load-and-cdc or cdc, as it was given to migrate")}
	}
	t, err := f.open(cmd, config)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	if err := t.Known(cmd.Context()); err != nil {
		return err
	}
	left, err := t.Leaves(cmd.Context())
	if err != nil {
		return err
	}
	if err := t.Release(cmd.Context()); err != nil {
		return err
	}
	if len(left) > 0 {
		_, err = fmt.Fprintln(cmd.OutOrStdout(), "Released, but "+strings.Join(left, "\nand "))
		return err
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), "Released: the source keeps no changes for this migration any more.")
	return err
}
