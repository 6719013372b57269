package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
	"github.com/whimbreldb/whimbrel/internal/task/fullload"
)

// WayBack is a migration of the changes of what was the target, into what was the source: as long as it runs, going back
// stays possible.
type WayBack struct {
	// Rules are its table mappings, Position is where it begins.
	Rules    *mapping.Rules
	Position string
	// LeftBehind describes columns whose values do not go back, because something other than they was made of them.
	LeftBehind []string
}

// wayBack opens the migration in the opposite direction and makes sure that it can be begun.
func (r *run) wayBack(ctx context.Context) (*Task, *WayBack, error) {
	w := &WayBack{}
	if r.Settings.TargetMetadata.TargetSchema != "" {
		return nil, nil, errors.New("the way back: TargetMetadata.TargetSchema would hold for it too; name the schema by --target-schema, or in the table mappings")
	}
	err := r.keysGoBack()
	if err != nil {
		return nil, nil, fmt.Errorf("the way back: %w", err)
	}
	if w.Rules, w.LeftBehind, err = r.reversed(); err != nil {
		return nil, nil, fmt.Errorf("turn the table mappings round: %w", err)
	}
	c := r.Config
	c.Type, c.Mappings, c.TargetSchema, c.Cutover, c.KeepWayBack = Changes, w.Rules, "", false, false
	c.Source = connector.Config{URL: r.Target.URL, Getenv: r.Target.Getenv}
	c.Target = connector.Config{URL: r.Source.URL, Getenv: r.Source.Getenv, ControlSchema: r.Target.ControlSchema}
	c.Start, c.Stop = connector.StartPoint{}, cdc.StopPoint{}
	c.Stats, c.ChangeStats = &fullload.Stats{}, &cdc.Stats{}
	back, err := Open(ctx, c)
	if err != nil {
		return nil, nil, fmt.Errorf("open the way back: %w", err)
	}
	if err := back.mayFollow(ctx); err != nil {
		_ = back.Close()
		return nil, nil, fmt.Errorf("the way back: %w", err)
	}
	return back, w, nil
}

// mayFollow looks for what keeps the changes from being followed.
func (t *Task) mayFollow(ctx context.Context) error {
	p, err := t.Plan(ctx)
	if err != nil {
		return err
	}
	r := &run{Task: t, plan: p, report: &Report{}}
	return r.obstacles(ctx, r.streamRequest())
}

// Begin settles where a migration of changes alone begins, now, without following them: the next run goes on from there. What
// an earlier run has left is forgotten.
func (t *Task) Begin(ctx context.Context) (position string, err error) {
	if t.Type != Changes {
		return "", errors.New("only a migration of changes alone can be begun without running it")
	}
	if err := t.Release(ctx); err != nil {
		return "", err
	}
	p, err := t.Plan(ctx)
	if err != nil {
		return "", err
	}
	r := &run{Task: t, plan: p, report: &Report{}}
	release, err := r.claim(ctx, p)
	if err != nil {
		return "", err
	}
	defer release()
	if err := r.watched(ctx, r.startFollowing); err != nil {
		return "", err
	}
	return p.Checkpoint.Position, nil
}

// rule is one rule of a table mapping in the form of its document.
type rule map[string]any

// reversed turns the mappings round, as far as they can be: names go back to what they were; columns that hold something
// other than the source's values stay behind.
func (r *run) reversed() (*mapping.Rules, []string, error) {
	b := &reversal{schemas: map[string]string{}}
	for _, tp := range r.plan.Tables {
		if !r.followable(tp) {
			continue
		}
		if err := b.table(tp); err != nil {
			return nil, nil, err
		}
	}
	document, _ := json.Marshal(map[string]any{"rules": b.rules}) // plain values cannot fail
	rules, err := mapping.Parse(document)
	return rules, b.left, err
}

type reversal struct {
	rules   []rule
	schemas map[string]string // of the target, to the source's
	left    []string
}

func (b *reversal) add(kind string, more rule) {
	id := strconv.Itoa(len(b.rules) + 1)
	more["rule-type"], more["rule-id"], more["rule-name"] = kind, id, "back "+id
	b.rules = append(b.rules, more)
}

func at(n catalog.Name, column string) rule {
	l := rule{"schema-name": mapping.Literal(n.Schema)}
	if n.Name != "" {
		l["table-name"] = mapping.Literal(n.Name)
	}
	if column != "" {
		l["column-name"] = mapping.Literal(column)
	}
	return l
}

func (b *reversal) table(tp *TablePlan) error {
	from, to := tp.Target.Name, tp.Plan.Source.Name
	b.add("selection", rule{"object-locator": at(from, ""), "rule-action": "include"})
	if known, ok := b.schemas[from.Schema]; ok && known != to.Schema {
		return fmt.Errorf("schemas %s and %s have both gone into %s", known, to.Schema, from.Schema)
	} else if !ok {
		b.schemas[from.Schema] = to.Schema
		if from.Schema != to.Schema {
			b.add("transformation", rule{"rule-target": "schema", "object-locator": at(catalog.Name{Schema: from.Schema}, ""), "rule-action": "rename", "value": to.Schema})
		}
	}
	if from.Name != to.Name {
		b.add("transformation", rule{"rule-target": "table", "object-locator": at(from, ""), "rule-action": "rename", "value": to.Name})
	}
	for i := range tp.Plan.Columns {
		b.column(from, &tp.Plan.Columns[i], tp.Columns[i].Name)
	}
	return nil
}

func (b *reversal) column(table catalog.Name, c *mapping.ColumnPlan, name string) {
	switch {
	case c.Source == nil || c.Expression != "" || len(c.Masks) > 0 || c.Source.Generated != "":
		b.add("transformation", rule{"rule-target": "column", "object-locator": at(table, name), "rule-action": "remove-column"})
		if c.Source != nil && c.Source.Generated == "" {
			b.left = append(b.left, fmt.Sprintf("Column %s of table %s holds what was made of column %s, and does not go back.", name, table, c.Source.Name))
		}
	case name != c.Source.Name:
		b.add("transformation", rule{"rule-target": "column", "object-locator": at(table, name), "rule-action": "rename", "value": c.Source.Name})
	}
}

// keysGoBack makes sure that rows are found on the way back.
func (r *run) keysGoBack() error {
	for _, tp := range r.plan.Tables {
		if !r.followable(tp) || tp.Plan.Source.PrimaryKey == nil {
			continue
		}
		for _, key := range tp.Plan.Source.PrimaryKey.Columns {
			if !slices.ContainsFunc(tp.Plan.Columns, func(c mapping.ColumnPlan) bool {
				return c.Source != nil && c.Source.Name == key && c.Expression == "" && len(c.Masks) == 0
			}) {
				return fmt.Errorf("table %s: column %s of its key does not reach the target as it is, so that changes cannot find their way back", tp.Plan.Source.Name, key)
			}
		}
	}
	return nil
}
