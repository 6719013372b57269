package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/demo"
	"github.com/whimbreldb/whimbrel/internal/progress"
	"github.com/whimbreldb/whimbrel/internal/settings"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

const (
	demoSource = "shop.db"
	demoTarget = "moved.db"
)

func newDemo() *cobra.Command {
	var dir string
	var clean bool
	var open time.Duration
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Make a sample shop database, move it while it is at business, and prove that it arrived",
		Long: `Makes a sample shop in SQLite (customers, products with images, orders, reviews; some 300,000 rows) and moves it into
a second database while the shop goes on: orders come in, are shipped or cancelled, prices change. When the shop closes,
the target takes over, and both sides are compared: the rows of every table and a checksum over all their values. It
needs nothing but this program. Everything is kept in one folder, which --clean removes.`,
		Example: `  whimbrel demo
  whimbrel demo --open 30s
  whimbrel demo --clean`,
		Args: exactly(0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			if clean {
				return cleanDemo(cmd.OutOrStdout(), dir)
			}
			return runDemo(cmd, dir, open)
		},
	}
	cmd.Flags().StringVar(&dir, "dir", "whimbrel-demo", "the `folder` to work in")
	cmd.Flags().DurationVar(&open, "open", 5*time.Second, "how long the shop is at business while it moves")
	cmd.Flags().BoolVar(&clean, "clean", false, "remove what an earlier demo has left")
	return cmd
}

func runDemo(cmd *cobra.Command, dir string, open time.Duration) error {
	if open < 0 {
		return usageError{fmt.Errorf("--open %s: want a time such as 5s, or 0", open)}
	}
	out := cmd.OutOrStdout()
	if err := removeDemo(dir); err != nil {
		return err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the demo's folder: %w", err)
	}
	source, target := filepath.Join(dir, demoSource), filepath.Join(dir, demoTarget)
	fmt.Fprintf(out, "Making a sample shop in %s …\n", source)
	if err := demo.MakeShop(cmd.Context(), source, demo.Options{}); err != nil {
		return fmt.Errorf("make the sample shop: %w", err)
	}
	fmt.Fprintf(out, "The shop is open for %s, and moves meanwhile:\n", open)
	fmt.Fprintf(out, "whimbrel migrate sqlite:%s sqlite:%s --migration-type full-load-and-cdc --cutover\n\n", source, target)
	traded, err := moveShop(cmd, source, target, open)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "\nMeanwhile the shop made %s transactions: %d orders came in, %d times some were shipped, %d were cancelled.\n",
		progress.Count(int64(traded.Transactions)), traded.Orders, traded.Shipped, traded.Cancelled)
	return proveDemo(cmd, source, target)
}

// moveShop moves the shop while it is open, and lets the target take over when it has closed.
func moveShop(cmd *cobra.Command, source, target string, open time.Duration) (traded demo.Traded, err error) {
	s := settings.MigrateDefaults()
	s.FullLoadSettings.MaxFullLoadSubTasks = defaultParallelism()
	c := task.Config{
		Engines: all.Engines(), Name: "demo", Type: task.FullLoadAndCDC, Cutover: true, Settings: s, RefuseRows: true,
		Stats: &fullload.Stats{}, ChangeStats: &cdc.Stats{},
		Source: connector.Config{URL: "sqlite:" + source}, Target: connector.Config{URL: "sqlite:" + target},
		Log: slog.New(task.LogHandler(logTo(cmd.ErrOrStderr(), false), s, false)),
	}
	business, closing := context.WithTimeout(cmd.Context(), open)
	defer closing()
	var trading sync.WaitGroup
	var trade error
	trading.Go(func() { traded, trade = demo.Trade(business, source) })
	err = runTask(cmd, false, false, c, nil)
	closing()
	trading.Wait()
	if err := errors.Join(err, trade); err != nil {
		return traded, err
	}
	return traded, releaseDemo(cmd, c)
}

// releaseDemo leaves the source as it was.
func releaseDemo(cmd *cobra.Command, c task.Config) error {
	t, err := task.Open(cmd.Context(), c)
	if err != nil {
		return err
	}
	return errors.Join(t.Release(cmd.Context()), t.Close())
}

// proveDemo reads both databases on a way of its own and compares them.
func proveDemo(cmd *cobra.Command, source, target string) error {
	before, err := demo.Checksum(cmd.Context(), "sqlite:"+source)
	if err != nil {
		return fmt.Errorf("read the source back: %w", err)
	}
	after, err := demo.Checksum(cmd.Context(), "sqlite:"+target)
	if err != nil {
		return fmt.Errorf("read the target back: %w", err)
	}
	out := cmd.OutOrStdout()
	fmt.Fprintln(out, "\nProof, from reading both databases again:")
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "table\trows\tsource\ttarget\t")
	same := len(before) == len(after)
	tables := make([]string, 0, len(before))
	for t := range before {
		tables = append(tables, t)
	}
	slices.Sort(tables)
	for _, t := range tables {
		verdict := "equal"
		if before[t] != after[t] {
			same, verdict = false, "DIFFERENT"
		}
		fmt.Fprintf(w, "%s\t%s\t%.16s\t%.16s\t%s\n", t, progress.Count(before[t].Rows), before[t].Sum, after[t].Sum, verdict)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if !same {
		return errors.New("the two databases differ")
	}
	fmt.Fprintf(out, "\nEvery row of every table arrived. `whimbrel demo --clean` removes the files.\n")
	return nil
}

func cleanDemo(out io.Writer, dir string) error {
	if err := removeDemo(dir); err != nil {
		return err
	}
	// The folder is left when it holds anything that is not the demo's.
	_ = os.Remove(dir)
	_, err := fmt.Fprintf(out, "Removed the demo's files in %s.\n", dir)
	return err
}

func removeDemo(dir string) error {
	// A demo that was killed leaves the file by which it held its run, and that file's own.
	left, err := filepath.Glob(filepath.Join(escapeGlob(dir), demoTarget+"-claim-*"))
	if err != nil {
		return fmt.Errorf("clean up: %w", err)
	}
	for _, name := range []string{demoSource, demoTarget} {
		for _, suffix := range []string{"", "-wal", "-shm", "-journal"} {
			left = append(left, filepath.Join(dir, name+suffix))
		}
	}
	for _, path := range left {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("clean up: %w", err)
		}
	}
	return nil
}

// escapeGlob keeps a folder's name from being read as a pattern.
func escapeGlob(dir string) string {
	return strings.NewReplacer(`\`, `\\`, "*", `\*`, "?", `\?`, "[", `\[`).Replace(dir)
}
