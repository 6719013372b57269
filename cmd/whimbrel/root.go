package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:   "whimbrel",
		Short: "Move databases, whole and unchanged",
		Long: `Whimbrel moves databases between PostgreSQL, MySQL, MariaDB and SQLite: schema, rows, keys, indexes and
everything else the target understands. Their rows and changes also go to Amazon Redshift, and to S3 or a folder as files;
CSV files are read from there.`,
		Example: `  whimbrel demo
  whimbrel inspect postgres://app@db.example.com/shop
  whimbrel migrate postgres://app@old.example.com/shop postgres://app@new.example.com/shop`,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Version:           version(),
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return applyConfigFile(cmd) },
	}
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see `%s --help`)", err, cmd.CommandPath())}
	})
	root.PersistentFlags().String("config", "", "file with default flag values (YAML: flag names and values, by command)")
	root.AddCommand(
		newMigrate(), newRelease(), newReload(), newValidate(), newAssess(), newInspect(), newDemo(),
		newServe(), newInstance(), newBackup(), newRestore(), newRootKey(), newExplain(),
		newApply(), newImport(), newStatus(),
	)
	root.InitDefaultCompletionCmd() // by now, so that it is one of the groups
	group(root)
	for _, c := range root.Commands() {
		if c.HasSubCommands() {
			group(c)
		}
	}
	return root
}

// group has a command of commands show its help when none of them is named, and refuse one that it does not have.
func group(c *cobra.Command) {
	c.Args = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return nil
		}
		hint := "want one of " + strings.Join(commandNames(cmd), ", ")
		if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
			hint = "did you mean " + strings.Join(near, " or ") + "?"
		}
		return usageError{fmt.Errorf("unknown command %q for %q: %s (see `%s --help`)", args[0], cmd.CommandPath(), hint, cmd.CommandPath())}
	}
	c.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
}

// version is the module's version as the Go toolchain recorded it.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok || info.Main.Version == "" || info.Main.Version == "(devel)" {
		return "development"
	}
	return info.Main.Version
}

// exactly checks the number of arguments and says what they are.
func exactly(n int, what string) cobra.PositionalArgs { return between(n, n, what) }

// between checks that there are so many arguments at least, and at most unless most is negative.
func between(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usageError{fmt.Errorf("want %s, got %d arguments (see `%s --help`)", what, len(args), cmd.CommandPath())}
		}
		return nil
	}
}
