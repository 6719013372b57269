package worker

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// exceptionBytes bounds what one answer holds of exceptions; there is always one.
const exceptionBytes = 1 << 20

// Exceptions implements instance.Client. They are read from the target alone: the source may be gone.
func (w *Worker) Exceptions(ctx context.Context, t instance.Task, q instance.Exceptions) ([]instance.Exception, error) {
	target, name, err := w.targetOf(ctx, t)
	if err != nil {
		return nil, err
	}
	reader, ok := target.(connector.ParkedReader)
	if !ok {
		_ = target.Close()
		return nil, &instance.Refusal{Message: fmt.Sprintf("a %s target keeps no awsdms_apply_exceptions that could be read back", name)}
	}
	rows, err := reader.Parked(ctx, ofTask(t, q))
	if err := errors.Join(err, target.Close()); err != nil {
		return nil, refusal(ctx, err, t.Target)
	}
	var all []instance.Exception
	size := 0
	for _, r := range rows {
		if size += len(r.Statement) + len(r.Reason); size > exceptionBytes && len(all) > 0 {
			break
		}
		all = append(all, instance.Exception{
			Table: instance.TableName{Schema: r.Table.Schema, Name: r.Table.Name}, Time: r.Time, Key: keyIn(r.Statement), Statement: r.Statement, Reason: r.Reason,
		})
	}
	return all, nil
}

// targetOf opens a task's target alone; name is that of its engine.
func (w *Worker) targetOf(ctx context.Context, t instance.Task) (target connector.Target, name string, err error) {
	s, err := parseSettings(t.Settings)
	if err != nil {
		return nil, "", &instance.Refusal{Message: err.Error()}
	}
	c, err := w.reach(t.Target)
	if err != nil {
		return nil, "", refusal(ctx, err, t.Target)
	}
	c.ControlSchema = s.ControlTablesSettings.ControlSchema
	engine, err := w.Engines.ForURL(c.URL)
	if err != nil {
		return nil, "", refusal(ctx, err, t.Target)
	}
	if target, err = engine.OpenTarget(ctx, c); err != nil {
		return nil, "", refusal(ctx, err, t.Target)
	}
	return target, engine.Name, nil
}

func ofTask(t instance.Task, q instance.Exceptions) connector.ParkedQuery {
	return connector.ParkedQuery{Task: t.Name, Table: catalog.Name{Schema: q.Table.Schema, Name: q.Table.Name}, Skip: q.Skip, Limit: q.Limit}
}

// rowKey finds a row's key where a statement names it.
var rowKey = regexp.MustCompile(`(?s)\(row with key (.*?)(?:, value of [^=]* changed)?\)$`)

func keyIn(statement string) string {
	m := rowKey.FindStringSubmatch(statement)
	if m == nil || !strings.Contains(m[1], "=") {
		return ""
	}
	return m[1]
}

// Replay implements instance.Client.
func (w *Worker) Replay(ctx context.Context, t instance.Task, table instance.TableName, keys []string) (*instance.Replayed, error) {
	if err := w.idle(t.ID); err != nil {
		return nil, err
	}
	s, err := parseSettings(t.Settings)
	if err != nil {
		return nil, &instance.Refusal{Message: err.Error()}
	}
	c, err := w.config(t, s, nil)
	if err != nil {
		return nil, refusal(ctx, err, t.Source, t.Target)
	}
	c.Stats, c.ChangeStats = &fullload.Stats{}, &cdc.Stats{}
	open, err := task.Open(ctx, c)
	if err != nil {
		return nil, refusal(ctx, err, t.Source, t.Target)
	}
	done, err := open.Replay(ctx, catalog.Name{Schema: table.Schema, Name: table.Name}, keys)
	if err := errors.Join(err, open.Close()); err != nil {
		return nil, refusal(ctx, err, t.Source, t.Target)
	}
	return replayed(done, newScrubber(t.Source, t.Target)), nil
}

// leftRows is how many rows an answer lists.
const leftRows = 1000

func replayed(done *task.Replayed, hide scrubber) *instance.Replayed {
	out := &instance.Replayed{Written: done.Written, Removed: done.Removed, Equal: done.Equal}
	refused := map[string]string{}
	for _, r := range done.Refused {
		refused[strings.Join(r.Key, ", ")] = r.Reason
	}
	for _, f := range done.Left[:min(len(done.Left), leftRows)] {
		left := instance.LeftRow{Key: strings.Join(f.Key, ", "), Reason: string(f.Kind)}
		for _, why := range []string{f.Why, refused[left.Key]} {
			if why != "" {
				left.Reason = hide.reason(why)
			}
		}
		out.Left = append(out.Left, left)
	}
	return out
}
