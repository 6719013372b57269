package main

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/summary"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// engineNames are the words of --to.
var engineNames = []string{"postgres", "mysql", "mariadb", "sqlite", "s3", "redshift"}

func newInspect() *cobra.Command {
	var to string
	var asJSON bool
	var pairs []string
	cmd := &cobra.Command{
		Use:   "inspect URL",
		Short: "Show the schemas, tables, sizes and types of a database",
		Long: `Shows what a database holds: schemas, tables with their estimated rows and sizes, columns with their native and
DMS types, keys. With --to it also shows what a migration to that engine would change or leave behind; the target is
not reached for that.`,
		Example: `  whimbrel inspect sqlite:shop.db
  whimbrel inspect mariadb://app@db/shop --to postgres
  whimbrel inspect file:///srv/files --source-setting ExternalTableDefinition=@tables.json
  whimbrel inspect postgres://app@db/shop --json | jq '.schemas[].tables[].name'`,
		Args: exactly(1, "URL"),
		RunE: func(cmd *cobra.Command, args []string) (err error) {
			engines := all.Engines()
			if err := checkURL("url", args[0], engines); err != nil {
				return err
			}
			settings, err := settingsOf("--source-setting", pairs)
			if err != nil {
				return err
			}
			log := slog.New(tasklog.New(logTo(cmd.ErrOrStderr(), asJSON), tasklog.Options{}))
			found, err := task.Inspect(cmd.Context(), engines, connector.Config{URL: args[0], Settings: settings, Getenv: os.Getenv, Log: log}, to)
			if errors.Is(err, task.ErrUnknownEngine) {
				return usageError{fmt.Errorf("--to: %w", err)}
			}
			if connector.ClassOf(err) == connector.Invalid {
				return usageError{err}
			}
			if err != nil {
				return err
			}
			return summary.Inspection(cmd.OutOrStdout(), found, asJSON)
		},
	}
	cmd.Flags().StringVar(&to, "to", "", "show what a migration to this `engine` would change: "+strings.Join(engineNames, ", "))
	cmd.Flags().StringArrayVar(&pairs, "source-setting", nil, "an endpoint setting by its DMS name: ExternalTableDefinition=@tables.json (`name=value`, repeatable)")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	_ = cmd.RegisterFlagCompletionFunc("to", cobra.FixedCompletions(engineNames, cobra.ShellCompDirectiveNoFileComp))
	return cmd
}
