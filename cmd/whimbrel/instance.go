package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/instance/host"
	"github.com/whimbreldb/whimbrel/internal/instance/worker"
)

// newInstance is the command that `serve` starts for each replication instance.
func newInstance() *cobra.Command {
	c := worker.Config{}
	cmd := &cobra.Command{
		Use:    "instance",
		Short:  "Run a replication instance (started by serve)",
		Hidden: true,
		Args:   exactly(0, "no arguments"),
		// Its server has read the configuration file.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(cmd *cobra.Command, _ []string) error { return runInstance(cmd, c) },
	}
	fl := cmd.Flags()
	fl.StringVar(&c.Dir, "dir", "", "the instance's `folder`")
	fl.IntVar(&c.Processors, "processors", 0, "processors it may use; 0: all")
	fl.Int64Var(&c.Memory, "memory", 0, "`bytes` it may use; 0: all")
	fl.StringVar(&c.SQLiteDir, "sqlite-dir", "", "`folder` whose SQLite files endpoints may name; none by default")
	_ = cmd.MarkFlagRequired("dir")
	return cmd
}

// errParentGone ends an instance whose server has ended.
var errParentGone = errors.New("the server has ended")

func runInstance(cmd *cobra.Command, c worker.Config) error {
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, cmd.InOrStdin())
		cancel(errParentGone)
	}()
	c.Engines = all.Engines()
	c.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	err := worker.Serve(ctx, c, func() { fmt.Fprintln(os.Stdout, host.Ready) })
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil // before it was up
	}
	return err
}
