package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/server"
)

func newBackup() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the whole state of a server to a file",
		Long: `Writes the state of one moment: of the running server, asked through its data directory, or of the directory when no
server runs. "-" writes to standard output. Secrets in it are sealed under the root key (DIR/root.key or WHIMBREL_ROOT_KEY),
which is not in it: keep that in another place.`,
		Example: `  whimbrel backup --data-dir /var/lib/whimbrel state.backup`,
		Args:    exactly(1, "the file to write"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			if args[0] == "-" {
				return server.Backup(cmd.Context(), f.Config, cmd.OutOrStdout())
			}
			return intoFile(args[0], func(w io.Writer) error { return server.Backup(cmd.Context(), f.Config, w) })
		},
	}
	f.bindState(cmd)
	return cmd
}

func newRestore() *cobra.Command {
	f := &serveFlags{}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the state of a backup in a new data directory",
		Long: `Reads a backup ("-": standard input) into a data directory, or an etcd prefix, that has no state yet. Put the root key
that the state was made with into DIR/root.key, or WHIMBREL_ROOT_KEY, before serving it.`,
		Example: `  whimbrel restore --data-dir /var/lib/whimbrel state.backup`,
		Args:    exactly(1, "the file to read"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			in := cmd.InOrStdin()
			if args[0] != "-" {
				file, err := os.Open(args[0])
				if err != nil {
					return usageError{fmt.Errorf("open the backup: %w", err)}
				}
				defer file.Close()
				in = file
			}
			return server.Restore(cmd.Context(), f.Config, in)
		},
	}
	f.bindState(cmd)
	return cmd
}

// intoFile writes a new file; half a file does not stay.
func intoFile(name string, write func(io.Writer) error) error {
	file, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return usageError{fmt.Errorf("make the backup's file: %w", err)}
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return nil
}
