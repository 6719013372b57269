package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/whimbreldb/whimbrel/internal/client"
	"github.com/whimbreldb/whimbrel/internal/progress"
)

type statusFlags struct {
	apiFlags
	watch, json bool
	interval    time.Duration
}

func newStatus() *cobra.Command {
	f := &statusFlags{}
	cmd := &cobra.Command{
		Use:   "status [TASK...]",
		Short: "Show the tasks of a server with their progress and lag",
		Long: `Shows every replication task, or those named by identifier: its status, the progress of the full load, the changes applied
and waiting, and how far the target is behind the source. On a terminal the picture is renewed until Ctrl-C, and holds as
many tasks as find room there; elsewhere, and with --watch=false, all are shown once.

Exit codes: 0; 1 failed; 2 wrong usage; 3 a task shown has failed or holds tables in error.`,
		Example: `  whimbrel status
  whimbrel status shop --watch=false
  whimbrel status --json | jq '.[] | select(.Status == "failed")'`,
		RunE: func(cmd *cobra.Command, args []string) error { return status(cmd, f, args) },
	}
	f.bind(cmd)
	flags := cmd.Flags()
	flags.BoolVar(&f.watch, "watch", true, "renew the picture, on a terminal")
	flags.DurationVar(&f.interval, "interval", time.Second, "how often")
	flags.BoolVar(&f.json, "json", false, "print one JSON list and end")
	return cmd
}

// shownTask is a task as status shows it.
type shownTask struct {
	ReplicationTaskIdentifier, ReplicationTaskArn, MigrationType, Status string
	StopReason, LastFailureMessage                                       string        `json:",omitempty"`
	Progress                                                             *taskProgress `json:",omitempty"`
}

type taskProgress struct {
	FullLoadProgressPercent, TablesLoaded, TablesLoading, TablesQueued, TablesErrored int64
	RowsLoaded, BytesLoaded, ChangesApplied, ChangesWaiting                           int64
	Following                                                                         bool
	CDCLatencySource, CDCLatencyTarget                                                float64
	Position, Warning                                                                 string `json:",omitempty"`
}

func status(cmd *cobra.Command, f *statusFlags, names []string) error {
	if f.interval <= 0 {
		return usageError{fmt.Errorf("--interval %s: want a time such as 1s", f.interval)}
	}
	c, err := f.client(cmd)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	file, isFile := out.(*os.File)
	live := f.watch && !f.json && isFile && term.IsTerminal(int(file.Fd()))
	for {
		tasks, err := readTasks(cmd.Context(), c, names)
		if live && errors.Is(context.Cause(cmd.Context()), errInterrupted) {
			return nil // Ctrl-C is how a person stops looking, also while a call is under way
		}
		if err != nil {
			return err
		}
		switch {
		case f.json:
			err = json.NewEncoder(out).Encode(tasks)
		case live:
			// The cursor goes home, each line is cleared to its end, and what is below goes.
			fmt.Fprint(out, "\x1b[H"+strings.ReplaceAll(screenOf(file).fit(tasks), "\n", "\x1b[K\n")+"\x1b[J")
		default:
			_, err = io.WriteString(out, taskPicture(tasks))
		}
		if err != nil || !live {
			return errors.Join(err, troubled(tasks))
		}
		select {
		case <-cmd.Context().Done():
			return nil
		case <-time.After(f.interval):
		}
	}
}

// troubled is an error if a task has failed or has tables in error.
func troubled(tasks []shownTask) error {
	for _, t := range tasks {
		if t.troubled() {
			return fmt.Errorf("%w: see the task %s", errIncomplete, t.ReplicationTaskIdentifier)
		}
	}
	return nil
}

func (t *shownTask) troubled() bool {
	return t.Status == "failed" || t.Progress != nil && t.Progress.TablesErrored > 0
}

// readTasks asks for the tasks and for the progress of each.
func readTasks(ctx context.Context, c *client.Client, names []string) ([]shownTask, error) {
	in := map[string]any{"WithoutSettings": true}
	if len(names) > 0 {
		in["Filters"] = []any{map[string]any{"Name": "replication-task-id", "Values": names}}
	}
	all := []shownTask{}
	for {
		var page struct {
			ReplicationTasks []shownTask
			Marker           string
		}
		if err := dmsCaller(c).Call(ctx, "DescribeReplicationTasks", in, &page); err != nil {
			return nil, err
		}
		all = append(all, page.ReplicationTasks...)
		if page.Marker == "" {
			break
		}
		in["Marker"] = page.Marker
	}
	there := all[:0]
	for _, t := range all {
		var p taskProgress
		err := ownCaller(c).Call(ctx, "DescribeTaskProgress", map[string]any{"ReplicationTaskArn": t.ReplicationTaskArn}, &p)
		if refused, ok := errors.AsType[*client.Error](err); ok && refused.Code == "ResourceNotFoundFault" {
			continue // it was deleted meanwhile
		}
		if err != nil {
			return nil, err
		}
		if t.Status != "ready" && t.Status != "creating" {
			t.Progress = &p
		}
		there = append(there, t)
	}
	slices.SortFunc(there, func(a, b shownTask) int {
		return strings.Compare(a.ReplicationTaskIdentifier, b.ReplicationTaskIdentifier)
	})
	return there, nil
}

func taskPicture(tasks []shownTask) string {
	var b strings.Builder
	if len(tasks) == 0 {
		return noTasks + "\n"
	}
	b.WriteString(taskHeading() + "\n")
	for _, t := range tasks {
		b.WriteString(t.line() + "\n")
		for _, text := range t.messages() {
			b.WriteString(text + "\n")
		}
	}
	return b.String()
}

const noTasks = "no replication tasks"

func taskHeading() string {
	return fmt.Sprintf("%-28s %-10s %6s %18s %12s %14s %10s %9s", "task", "status", "load", "tables", "rows", "changes", "waiting", "lag")
}

func (t *shownTask) line() string {
	return fmt.Sprintf("%-28s %-10s %s", t.ReplicationTaskIdentifier, t.Status, t.Progress)
}

// messages are the lines below a task's own.
func (t *shownTask) messages() (all []string) {
	for _, text := range []string{t.LastFailureMessage, strings.TrimPrefix(t.StopReason, "Stop Reason "), t.warning()} {
		if text != "" {
			all = append(all, "  "+text)
		}
	}
	return all
}

func (t *shownTask) warning() string {
	if t.Progress == nil {
		return ""
	}
	return t.Progress.Warning
}

// String is the numbers of a line.
func (p *taskProgress) String() string {
	if p == nil {
		return ""
	}
	tables := fmt.Sprintf("%d of %d", p.TablesLoaded, p.TablesLoaded+p.TablesLoading+p.TablesQueued+p.TablesErrored)
	if p.TablesErrored > 0 {
		tables += fmt.Sprintf(", %d bad", p.TablesErrored)
	}
	lag := "-"
	if p.Following {
		lag = fmt.Sprintf("%.1f s", p.CDCLatencyTarget)
	}
	return fmt.Sprintf("%5d%% %18s %12s %14s %10s %9s", p.FullLoadProgressPercent, tables, progress.Count(p.RowsLoaded), progress.Count(p.ChangesApplied), progress.Count(p.ChangesWaiting), lag)
}
