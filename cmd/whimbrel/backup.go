package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/server"
)

func newBackup() *cobra.Command {
	f, o := &serveFlags{}, server.Observed{}
	cmd := &cobra.Command{
		Use:   "backup FILE",
		Short: "Write the whole state of a server to a file",
		Long: `Writes the state of one moment: of the running server, asked through its data directory, or of the directory when no
server runs. "-" writes to standard output. Secrets in it are sealed under the root key (DIR/root.key or WHIMBREL_ROOT_KEY),
which is not in it: keep that in another place. Metrics and logs go into files of their own, if they are wanted.`,
		Example: `  whimbrel backup --data-dir /var/lib/whimbrel state.backup
  whimbrel backup --data-dir /var/lib/whimbrel --metrics metrics.backup --logs logs.backup state.backup`,
		Args: exactly(1, "the file to write"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			for _, c := range []struct{ flag, name string }{{"metrics", o.Metrics}, {"logs", o.Logs}} {
				if err := isNew(c.flag, c.name); err != nil {
					return err
				}
			}
			if err := areApart(args[0], o.Metrics, o.Logs); err != nil {
				return err
			}
			write := func(w io.Writer) error { return server.Backup(cmd.Context(), f.Config, w) }
			var err error
			if args[0] == "-" {
				err = write(cmd.OutOrStdout())
			} else {
				err = intoFile(args[0], write)
			}
			if err != nil {
				return err
			}
			return server.BackupObserved(cmd.Context(), f.Config, o)
		},
	}
	f.bindState(cmd)
	cmd.Flags().StringVar(&o.Metrics, "metrics", "", "new `file` for the metrics; left out by default")
	cmd.Flags().StringVar(&o.Logs, "logs", "", "new `file` for the events of CloudWatch Logs; left out by default")
	return cmd
}

// isNew makes sure, before anything is written, that a file of its own can be made.
func isNew(flag, name string) error {
	if name == "" {
		return nil
	}
	if name == "-" {
		return usageError{fmt.Errorf("--%s -: only the state is written to standard output; name a new file", flag)}
	}
	if info, err := os.Stat(filepath.Dir(name)); err != nil || !info.IsDir() {
		return usageError{fmt.Errorf("--%s %q: there is no such folder; make it first", flag, name)}
	}
	if _, err := os.Lstat(name); err == nil {
		return usageError{fmt.Errorf("--%s %q: the file is there already; name a new one", flag, name)}
	}
	return nil
}

// areApart makes sure that no two of the files are one.
func areApart(names ...string) error {
	seen := map[string]bool{}
	for _, name := range names {
		if name == "" {
			continue
		}
		path, err := filepath.Abs(name)
		if err != nil {
			return fmt.Errorf("find the file %s: %w", name, err)
		}
		if seen[path] {
			return usageError{fmt.Errorf("%q is named twice: the state, the metrics and the logs go into a file each", name)}
		}
		seen[path] = true
	}
	return nil
}

func newRestore() *cobra.Command {
	f, o := &serveFlags{}, server.Observed{}
	cmd := &cobra.Command{
		Use:   "restore FILE",
		Short: "Make the state of a backup in a new data directory",
		Long: `Reads a backup ("-": standard input) into a data directory, or an etcd prefix, that has no state yet. Put the root key
that the state was made with into DIR/root.key, or WHIMBREL_ROOT_KEY, before serving it.`,
		Example: `  whimbrel restore --data-dir /var/lib/whimbrel state.backup
  whimbrel restore --data-dir /var/lib/whimbrel --metrics metrics.backup --logs logs.backup state.backup`,
		Args: exactly(1, "the file to read"),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := f.complete(cmd.ErrOrStderr()); err != nil {
				return err
			}
			for _, c := range []struct {
				flag string
				only server.Observed
			}{{"metrics", server.Observed{Metrics: o.Metrics}}, {"logs", server.Observed{Logs: o.Logs}}} {
				if err := server.CanRestoreObserved(cmd.Context(), f.Config, c.only); err != nil {
					return usageError{fmt.Errorf("--%s: %w", c.flag, err)}
				}
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
			if err := server.Restore(cmd.Context(), f.Config, in); err != nil {
				return err
			}
			return server.RestoreObserved(cmd.Context(), f.Config, o)
		},
	}
	f.bindState(cmd)
	cmd.Flags().StringVar(&o.Metrics, "metrics", "", "`file` with the metrics that backup --metrics has written; none by default")
	cmd.Flags().StringVar(&o.Logs, "logs", "", "`file` with the events that backup --logs has written; none by default")
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
