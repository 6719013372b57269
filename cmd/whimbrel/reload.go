package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task"
)

func newReload() *cobra.Command {
	f, tables := &migrateFlags{}, []string{}
	cmd := &cobra.Command{
		Use:   "reload SOURCE TARGET --table SCHEMA.TABLE",
		Short: "Load tables anew while a migration follows changes",
		Long: `Asks the migration that 'whimbrel migrate --migration-type full-load-and-cdc' or 'cdc' runs to load tables anew: their
target tables are emptied (dropped with --prep drop) and filled from a fresh snapshot of the source, and their changes go
on from there. The other tables go on meanwhile. A table that was suspended is taken up again by it.

The request is written to the target. A process that runs the migration sees it within two seconds; without one, the next
begins with it. Source, target and the flags below name the migration: give them as to migrate.`,
		Example: `  whimbrel reload postgres://app@old/shop postgres://app@new/shop --migration-type full-load-and-cdc --table public.item`,
		Args:    exactly(2, "SOURCE and TARGET"),
		RunE:    func(cmd *cobra.Command, args []string) error { return reloadTables(cmd, f, args[0], args[1], tables) },
	}
	f.bindNames(cmd)
	f.bindPrep(cmd)
	cmd.Flags().StringArrayVar(&tables, "table", nil, "a table of the source: `schema.table` (MySQL: database.table; SQLite: main.table; repeatable)")
	return cmd
}

func reloadTables(cmd *cobra.Command, f *migrateFlags, source, target string, tables []string) error {
	config, err := f.config(source, target)
	if err != nil {
		return err
	}
	if config.Type == task.FullLoad {
		return usageError{fmt.Errorf("--migration-type full-load follows no changes: want full-load-and-cdc or cdc, as it was given to migrate")}
	}
	names, err := tableNames(tables)
	if err != nil {
		return err
	}
	t, err := f.open(cmd, config)
	if err != nil {
		return err
	}
	defer func() { _ = t.Close() }()
	if err := t.Reload(cmd.Context(), names); err != nil {
		return err
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "Asked for: %s. Whoever runs the migration loads it anew.\n", strings.Join(tables, ", "))
	return err
}

// tableNames reads schema.table; a name may be put in double quotes where it has a dot itself.
func tableNames(texts []string) ([]catalog.Name, error) {
	if len(texts) == 0 {
		return nil, usageError{fmt.Errorf("--table is missing: name the tables to be loaded anew, as schema.table")}
	}
	var names []catalog.Name
	for _, text := range texts {
		parts := splitName(text)
		if len(parts) != 2 || parts[0] == "" || parts[1] == "" {
			return nil, usageError{fmt.Errorf("--table %q: want schema.table", text)}
		}
		names = append(names, catalog.Name{Schema: parts[0], Name: parts[1]})
	}
	return names, nil
}

// splitName cuts a name at the dots outside of double quotes, of which two stand for one.
func splitName(text string) []string {
	var parts []string
	var part strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			part.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(c)
		}
	}
	if quoted {
		return nil
	}
	return append(parts, part.String())
}
