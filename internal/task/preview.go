package task

import (
	"context"
	"errors"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
)

// Preview is what a run would do, for `migrate --dry-run`.
type Preview struct {
	Source, Target string
	Resumed        bool
	Before         []string // DDL before the tables
	Tables         []TablePreview
	After          []string // DDL after all rows are in
	Notes          []convert.Note
	// Unmatched, Overruled and LeftBehind are those of Report.
	Unmatched, Overruled, LeftBehind []string
}

// TablePreview is one table of a Preview.
type TablePreview struct {
	Source, Target catalog.Name
	Rows, Bytes    int64 // estimates; -1 means unknown
	Segments       []connector.Segment
	Effects        []string // what the mapping does to its rows and columns, in words
	DDL            []string // in the order of the run, row load left out
}

// Preview cuts the tables under a snapshot, as a run would, and changes nothing.
func (t *Task) Preview(ctx context.Context, p *Plan) (_ *Preview, err error) {
	snapshot, err := t.source.Snapshot(ctx, 1)
	if err != nil {
		return nil, fmt.Errorf("take a snapshot of the source: %w", err)
	}
	defer func() { err = errors.Join(err, snapshot.Close()) }()
	tables, err := t.split(ctx, snapshot, p)
	if err != nil {
		return nil, err
	}
	v := &Preview{
		Source: t.source.Identity(), Target: t.target.Identity(), Resumed: p.Resumed,
		Notes: p.Schema.Report, Unmatched: p.Mapping.Unmatched, Overruled: p.Mapping.Overruled, LeftBehind: p.Mapping.LeftBehind,
	}
	t.previewObjects(v, p)
	for _, s := range tables {
		v.Tables = append(v.Tables, previewTable(s))
		v.After = append(v.After, texts(s.Script.Attach, s.Script.Finish)...)
	}
	return v, nil
}

func (t *Task) previewObjects(v *Preview, p *Plan) {
	d := t.dialect
	for _, s := range p.Schema.Schemas {
		v.Before = append(v.Before, texts(d.CreateSchema(s))...)
	}
	for _, s := range p.Schema.Sequences {
		v.Before = append(v.Before, texts(d.CreateSequence(s))...)
	}
	for _, view := range p.Schema.Views {
		v.After = append(v.After, texts(d.CreateView(view))...)
	}
	for _, o := range p.Schema.Objects {
		if o.Stage == catalog.BeforeTables {
			v.Before = append(v.Before, o.DDL...)
		} else {
			v.After = append(v.After, o.DDL...)
		}
	}
}

func previewTable(s *Segmented) TablePreview {
	v := TablePreview{
		Source: s.Plan.Source.Name, Target: s.Target.Name, Rows: s.Plan.Source.EstimatedRows(), Bytes: s.Plan.Source.Bytes,
		Segments: s.Segments, Effects: s.Plan.Effects(), DDL: texts(s.Prepare),
	}
	if s.Made {
		v.DDL = append(v.DDL, texts(s.Script.Create, s.Script.Keys, s.Script.Indexes)...)
	}
	return v
}

func texts(groups ...[]catalog.Statement) []string {
	var out []string
	for _, g := range groups {
		for _, s := range g {
			out = append(out, s.SQL)
		}
	}
	return out
}
