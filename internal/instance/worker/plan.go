package worker

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/instance"
	"github.com/whimbreldb/whimbrel/internal/task"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// Plan implements instance.Client.
func (w *Worker) Plan(ctx context.Context, t instance.Task) (*instance.Plan, error) {
	open, err := w.open(ctx, t)
	if err != nil {
		return nil, err
	}
	preview, err := preview(ctx, open)
	if err := errors.Join(err, open.Close()); err != nil {
		return nil, refusal(ctx, err, t.Source, t.Target)
	}
	return planOf(preview), nil
}

// open opens a task that is not to run, to ask something of it.
func (w *Worker) open(ctx context.Context, t instance.Task) (*task.Task, error) {
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
	return open, nil
}

func preview(ctx context.Context, t *task.Task) (*task.Preview, error) {
	plan, err := t.Plan(ctx)
	if err != nil {
		return nil, err
	}
	return t.Preview(ctx, plan)
}

func planOf(v *task.Preview) *instance.Plan {
	p := &instance.Plan{
		Source: v.Source, Target: v.Target, Before: v.Before, After: v.After, Notes: texts(v.Notes),
		Unmatched: v.Unmatched, Overruled: v.Overruled, LeftBehind: v.LeftBehind,
	}
	for _, t := range v.Tables {
		p.Tables = append(p.Tables, instance.PlannedTable{
			Source: instance.TableName{Schema: t.Source.Schema, Name: t.Source.Name}, Target: instance.TableName{Schema: t.Target.Schema, Name: t.Target.Name},
			Rows: t.Rows, Bytes: t.Bytes, Segments: len(t.Segments), Effects: t.Effects, Statements: t.DDL,
		})
	}
	return p
}

func texts(notes []convert.Note) []string {
	all := make([]string, len(notes))
	for i, n := range notes {
		all[i] = n.Kind + " " + n.Name.String() + ": " + n.Text
	}
	return all
}
