package task

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/expr"
	"github.com/whimbreldb/whimbrel/internal/mapping"
	"github.com/whimbreldb/whimbrel/internal/span"
	"github.com/whimbreldb/whimbrel/internal/tasklog"
)

// Plan is what a run will do, before anything is changed.
type Plan struct {
	Catalog *catalog.Catalog // the source's
	Mapping *mapping.Plan
	Schema  *convert.Result
	Tables  []*TablePlan
	// Run names the migration in the target's journal.
	Run string
	// Resumed says that an earlier run of the same migration was interrupted.
	Resumed bool
	// Checkpoint is how far an earlier run has followed the source's changes; nil when none has.
	Checkpoint *connector.Checkpoint
	// stops says that the run is to stop after its load, and has not yet.
	stops bool
	// since tells up to which position each table was loaded, where that is later than where the stream begins.
	since map[catalog.Name]string
	// suspended are the tables that an earlier run has given up, of which the target may have nothing, or something else.
	suspended map[catalog.Name]bool
	// late are the indexes and constraints that tables have got while changes were followed; an empty name is the table itself.
	late map[catalog.Name]map[string]bool
	// unfinished is the table of the source whose change of structure an earlier run has begun on the target, and between the
	// target's table before it; nil when there is none.
	unfinished catalog.Name
	between    *catalog.Table
}

// ErrNoTables is returned when the mapping selects nothing and FailOnNoTablesCaptured holds.
var ErrNoTables = errors.New("no tables were found that match the table mappings (FailOnNoTablesCaptured)")

// noTables is ErrNoTables with the rules that matched nothing.
func noTables(m *mapping.Plan) error {
	if len(m.Unmatched) == 0 {
		return ErrNoTables
	}
	return fmt.Errorf("%w: nothing matches %s; the wildcards of names are %% for any text and _ for one character", ErrNoTables, strings.Join(m.Unmatched, ", "))
}

// Plan inspects both ends and decides what to do with every table.
func (t *Task) Plan(ctx context.Context) (*Plan, error) {
	ctx, s := span.Start(ctx, "inspect")
	p, err := t.makePlan(ctx)
	span.End(s, err)
	return p, err
}

func (t *Task) makePlan(ctx context.Context) (*Plan, error) {
	secondary := t.Settings.WhimbrelSettings.SecondaryObjects
	source, err := t.inspectSource(ctx, t.wantedOf(secondary))
	if err != nil {
		return nil, fmt.Errorf("inspect the source: %w", err)
	}
	t.log(tasklog.MetadataManager).DebugContext(ctx, "source inspected", "schemas", len(source.Schemas))
	p := &Plan{Catalog: source}
	t.whole, t.wholeSettled = map[catalog.Name]bool{}, false
	if t.follows() {
		if err := t.recall(ctx, p); err != nil {
			return nil, err
		}
		source = p.Catalog
	}
	if err := t.layOut(ctx, p, source, t.makesAnew()); err != nil {
		return nil, err
	}
	if len(p.Mapping.Tables) == 0 && t.Settings.ErrorBehavior.FailOnNoTablesCaptured {
		return nil, noTables(p.Mapping)
	}
	if err := t.sameMoney(ctx, p); err != nil {
		return nil, err
	}
	if !t.follows() {
		p.Run = t.runID(p.Mapping)
	}
	ctx = tasklog.With(ctx, slog.String("run", p.Run))
	t.log(tasklog.MetadataManager).DebugContext(ctx, "schema converted", "tables", len(p.Schema.Tables), "notes", len(p.Schema.Report))
	if t.compares() && !t.follows() {
		for _, ct := range p.Schema.Tables {
			p.Tables = append(p.Tables, &TablePlan{Table: ct})
		}
		return p, nil
	}
	if t.loads() && p.Checkpoint == nil && !t.compares() {
		return p, t.prepareTables(ctx, p)
	}
	return p, t.findTables(ctx, p)
}

// mapTables applies the table mappings. The target schema may depend on how many schemas they select, so a first
// plan without it counts them.
func (t *Task) mapTables(source *catalog.Catalog) (*mapping.Plan, error) {
	rules, err := t.rules(source)
	if err != nil {
		return nil, err
	}
	o := mapping.Options{
		FoldPartitions:   !t.like(),
		Whole:            t.whole,
		RenameExpression: renameExpression,
		WithoutLOBs:      !t.Settings.TargetMetadata.SupportLobs,
		Lowercase:        lowercases(t.dialect),
	}
	first, err := rules.Plan(source, o)
	if err == nil {
		if o.TargetSchema = t.targetSchema(first); o.TargetSchema == "" {
			readAsAsked(first)
			return first, nil
		}
	} else if o.TargetSchema = t.targetSchema(nil); o.TargetSchema == "" {
		return nil, fmt.Errorf("table mappings: %w", err)
	}
	plan, err := rules.Plan(source, o)
	if err != nil {
		return nil, fmt.Errorf("table mappings: %w", err)
	}
	readAsAsked(plan)
	return plan, nil
}

// lowercases reports whether the target keeps all names in small letters.
func lowercases(d connector.Dialect) bool {
	l, ok := d.(connector.Lowercaser)
	return ok && l.Lowercases()
}

// wantedOf asks of the source for what the target can take beside tables, or else for the names of what it is not given.
func (t *Task) wantedOf(secondary bool) connector.InspectOptions {
	if !secondary {
		return connector.InspectOptions{}
	}
	return objectsFor(t.sourceEngine.Family, t.targetEngine.Family)
}

func objectsFor(from, to catalog.Family) connector.InspectOptions {
	return connector.InspectOptions{Objects: from == to, Names: from != to}
}

// inspectSource describes the schemas of which the table mappings may select something.
func (t *Task) inspectSource(ctx context.Context, o connector.InspectOptions) (*catalog.Catalog, error) {
	o.Wanted = func(server *catalog.Catalog, schema string) bool {
		rules, err := t.rules(server)
		return err != nil || rules.WantsSchema(schema)
	}
	return t.source.Inspect(ctx, o)
}

// rules are the table mappings, or everything but what is to be left out.
func (t *Task) rules(source *catalog.Catalog) (*mapping.Rules, error) {
	if t.Mappings != nil {
		return t.Mappings, nil
	}
	return everything(source, t.Exclude...)
}

// everything selects every user schema, of a MySQL server the database that the URL names if it names one, but what matches the
// exclusions.
func everything(source *catalog.Catalog, exclusions ...string) (*mapping.Rules, error) {
	pattern := "%.%"
	if source.Family == catalog.MySQL && source.Database != "" {
		pattern = mapping.Literal(source.Database) + ".%"
	}
	return mapping.FromPatterns([]string{pattern}, exclusions)
}

func renameExpression(expression string, names map[string]string) (string, error) {
	program, err := expr.Compile(expression)
	if err != nil {
		return "", err
	}
	return program.EvalText(names)
}

// targetSchema is the schema into which everything goes: the one asked for, or, when one schema is selected and the
// target's URL leads to a database that stands for a schema, that one. Empty keeps the names.
func (t *Task) targetSchema(p *mapping.Plan) string {
	switch {
	case t.settled != nil:
		return *t.settled
	case t.TargetSchema != "":
		return t.TargetSchema
	case t.Settings.TargetMetadata.TargetSchema != "":
		return t.Settings.TargetMetadata.TargetSchema
	case t.targetEngine.Family == catalog.SQLite:
		return t.target.DefaultSchema()
	case p == nil || len(p.Schemas) != 1, t.KeepSchemas && t.targetEngine.Family == catalog.MySQL:
		return ""
	case t.targetEngine.Family == catalog.MySQL, t.sourceEngine.Family == catalog.SQLite:
		return t.target.DefaultSchema()
	}
	return ""
}

func (t *Task) convert(source *catalog.Catalog, plan *mapping.Plan) (*convert.Result, error) {
	return convert.Convert(convert.Input{
		Source: source, Plan: plan,
		To: convert.Target{Family: t.targetEngine.Family, Engine: t.targetEngine.Name, Names: t.dialect},
		Options: convert.Options{
			SecondaryObjects: t.Settings.WhimbrelSettings.SecondaryObjects,
			DMS:              t.Settings.WhimbrelSettings.Compatibility == "dms",
		},
	})
}
