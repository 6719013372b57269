package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/otel/attribute"

	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/instance/host"
	"github.com/whimbreldb/whimbrel/internal/instance/worker"
	"github.com/whimbreldb/whimbrel/internal/span"
)

// newInstance is the command that `serve` starts for each replication instance.
func newInstance() *cobra.Command {
	c, traced := worker.Config{}, false
	cmd := &cobra.Command{
		Use:    "instance",
		Short:  "Run a replication instance (started by serve)",
		Hidden: true,
		Args:   exactly(0, "no arguments"),
		// Its server has read the configuration file.
		PersistentPreRunE: func(*cobra.Command, []string) error { return nil },
		RunE:              func(cmd *cobra.Command, _ []string) error { return runInstance(cmd, c, traced) },
	}
	fl := cmd.Flags()
	fl.StringVar(&c.Dir, "dir", "", "the instance's `folder`")
	fl.IntVar(&c.Processors, "processors", 0, "processors it may use; 0: all")
	fl.Int64Var(&c.Memory, "memory", 0, "`bytes` it may use; 0: all")
	fl.StringVar(&c.Class, "class", "", "what its class is called")
	fl.StringVar(&c.SQLiteDir, "sqlite-dir", "", "`folder` whose SQLite files endpoints may name; none by default")
	fl.BoolVar(&traced, "traces", false, "the first line of the input says where traces go")
	_ = cmd.MarkFlagRequired("dir")
	return cmd
}

// errParentGone ends an instance whose server has ended.
var errParentGone = errors.New("the server has ended")

func runInstance(cmd *cobra.Command, c worker.Config, traced bool) error {
	ctx, cancel := context.WithCancelCause(cmd.Context())
	defer cancel(nil)
	c.Engines = all.Engines()
	c.Log = slog.New(slog.NewTextHandler(cmd.ErrOrStderr(), nil))
	input := bufio.NewReader(cmd.InOrStdin())
	if traced {
		var err error
		if c.Tracer, err = openTracer(ctx, input, c); err != nil {
			return err
		}
		defer c.Tracer.Close(context.WithoutCancel(ctx))
	}
	go func() { // ends with the process
		_, _ = io.Copy(io.Discard, input)
		cancel(errParentGone)
	}()
	err := worker.Serve(ctx, c, func() { fmt.Fprintln(os.Stdout, host.Ready) })
	if ctx.Err() != nil && errors.Is(err, context.Cause(ctx)) {
		return nil // before it was up
	}
	return err
}

// openTracer opens what an instance's traces go to, as its server says in the first line of the input.
func openTracer(ctx context.Context, input *bufio.Reader, c worker.Config) (*span.Tracer, error) {
	line, err := input.ReadBytes('\n')
	if err != nil {
		return nil, fmt.Errorf("read where traces go: %w", err)
	}
	var variables map[string]string
	if err := json.Unmarshal(line, &variables); err != nil {
		return nil, fmt.Errorf("read where traces go: %w", err)
	}
	if err := span.Adopt(variables); err != nil {
		return nil, err
	}
	return span.Open(ctx, span.Config{Service: "whimbrel-instance", Attributes: []attribute.KeyValue{attribute.String("whimbrel.instance", filepath.Base(c.Dir))}, Log: c.Log})
}
