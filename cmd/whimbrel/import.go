package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/manifest"
)

func newImport() *cobra.Command {
	return &cobra.Command{
		Use:   "import FILE...",
		Short: "Turn what aws dms describe-... printed into a file for apply",
		Long: `Reads the JSON that aws dms describe-endpoints, describe-replication-tasks, describe-replication-instances and
describe-certificates have printed, in any order, and writes a manifest for whimbrel apply. Passwords are not in it, as AWS
never shows them: each endpoint names a variable of the environment instead, which is told on standard error, with what else
is left to a person. A file named - is standard input.`,
		Example: `  aws dms describe-endpoints > endpoints.json
  aws dms describe-replication-tasks > tasks.json
  aws dms describe-replication-instances > instances.json
  whimbrel import endpoints.json tasks.json instances.json > migration.yaml`,
		Args: between(1, -1, "the FILEs that the aws command has printed"),
		RunE: importDescriptions,
	}
}

func importDescriptions(cmd *cobra.Command, names []string) error {
	var files []io.Reader
	for _, name := range names {
		if name == "-" {
			files = append(files, cmd.InOrStdin())
			continue
		}
		file, err := os.Open(name)
		if err != nil {
			return usageError{fmt.Errorf("read a description: %w", err)}
		}
		defer file.Close()
		files = append(files, file)
	}
	notes, err := manifest.Import(files, cmd.OutOrStdout())
	if err != nil {
		return usageError{err}
	}
	for _, note := range notes {
		fmt.Fprintln(cmd.ErrOrStderr(), "note:", note)
	}
	return nil
}
