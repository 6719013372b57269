package task

import (
	"context"
	"fmt"
	"maps"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/settings"
)

// Examination is what both ends are found to be and what a run would make of them, for assessments. Nothing is changed.
type Examination struct {
	Type                       Type
	Settings                   *settings.Settings
	SourceEngine, TargetEngine *connector.Engine
	Source, Target             string // identities
	// SourceSettings are those of the source's endpoint.
	SourceSettings map[string]string
	Catalog        *catalog.Catalog
	Mapping        *mapping.Plan
	Schema         *convert.Result
	// Existing are the target's tables that are there already, by the names that the mapping gives.
	Existing map[catalog.Name]*connector.Existing
	// Shut are tables that are there too, but which the user may not look into.
	Shut []catalog.Name
	// Obstacles are those to following the source's changes; none where they are not followed.
	Obstacles []connector.Obstacle
	// AskSource and AskTarget are nil where an end has no questions to answer.
	AskSource, AskTarget connector.Asker
}

// Examine looks at both ends as a plan does, and goes on where a plan ends with what it refuses.
func (t *Task) Examine(ctx context.Context) (*Examination, error) {
	x := &Examination{
		Type: t.Type, Settings: t.Settings, SourceEngine: t.sourceEngine, TargetEngine: t.targetEngine,
		Source: t.source.Identity(), Target: t.target.Identity(), SourceSettings: t.Config.Source.Settings,
	}
	if x.Type == "" {
		x.Type = FullLoad
	}
	x.AskSource, _ = t.source.(connector.Asker)
	x.AskTarget, _ = t.target.(connector.Asker)
	var err error
	if x.Catalog, err = t.inspectSource(ctx, connector.InspectOptions{Objects: true}); err != nil {
		return nil, fmt.Errorf("inspect the source: %w", err)
	}
	p := &Plan{}
	t.whole, t.wholeSettled = map[catalog.Name]bool{}, false
	if err := t.layOut(ctx, p, x.Catalog, t.makesAnew()); err != nil {
		return nil, err
	}
	x.Mapping, x.Schema = p.Mapping, p.Schema
	if err := t.describe(ctx, x); err != nil {
		return nil, fmt.Errorf("look at the target's tables: %w", err)
	}
	if t.follows() {
		x.Obstacles, err = t.streamer.Obstacles(ctx, t.wouldFollow(x))
	}
	if err != nil {
		return nil, fmt.Errorf("check whether the source can be followed: %w", err)
	}
	return x, nil
}

// describe looks at the target's tables together, and one by one where one of them may not be looked into.
func (t *Task) describe(ctx context.Context, x *Examination) (err error) {
	names := make([]catalog.Name, 0, len(x.Schema.Tables))
	for _, ct := range x.Schema.Tables {
		names = append(names, ct.Target.Name)
	}
	x.Existing, err = t.target.Describe(ctx, names)
	if connector.ClassOf(err) != connector.Denied {
		return err
	}
	x.Existing = map[catalog.Name]*connector.Existing{}
	for _, n := range names {
		found, err := t.target.Describe(ctx, []catalog.Name{n})
		switch {
		case connector.ClassOf(err) == connector.Denied:
			x.Shut = append(x.Shut, n)
		case err != nil:
			return err
		}
		maps.Copy(x.Existing, found)
	}
	return nil
}

// wouldFollow asks for the changes of the tables that a run would follow.
func (t *Task) wouldFollow(x *Examination) connector.StreamRequest {
	q := connector.StreamRequest{Run: t.runID(x.Mapping)}
	for _, tp := range x.Mapping.Tables {
		if tp.View == nil && !tp.Parted() {
			q.Tables = append(q.Tables, connector.Followed{Number: len(q.Tables), Table: tp.Source})
		}
	}
	return q
}
