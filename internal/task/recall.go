package task

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/task/cdc"
)

// schemaNote is the key under which a run remembers the target schema it has settled on.
const schemaNote = "target schema"

// shapeNote is the key under which a run that is named from outside remembers what its mapping was.
const shapeNote = "shape"

// changesRunID names a task that follows changes. Unlike that of a load it does not depend on how the tables look, since they may
// change while they are followed.
func (t *Task) changesRunID() (string, error) {
	if t.RunName != "" {
		return t.RunName, nil
	}
	return t.changesShape()
}

// changesShape says how the rows of a task that follows changes are made.
func (t *Task) changesShape() (string, error) {
	h := sha256.New()
	e := json.NewEncoder(h)
	var rules json.RawMessage
	if t.Mappings != nil {
		var err error
		if rules, err = t.Mappings.MarshalJSON(); err != nil {
			return "", fmt.Errorf("read the table mappings: %w", err)
		}
	}
	if len(t.Exclude) > 0 {
		rules, _ = json.Marshal(t.Exclude) // strings cannot fail
	}
	s := t.Settings
	// Encoding strings and plain structs into a hash cannot fail.
	_ = e.Encode([]any{t.Type, t.source.Identity(), t.target.Identity(), string(rules), t.TargetSchema})
	_ = e.Encode([]any{s.TargetMetadata.TargetSchema, s.TargetMetadata.SupportLobs, s.CharacterSetSettings, s.WhimbrelSettings.Compatibility})
	if t.compares() {
		_ = e.Encode("validation only")
	}
	return hex.EncodeToString(h.Sum(nil)[:16]), nil
}

// recall finds out how far an earlier run has come. When it was following changes, the tables are those it followed, as they
// looked at its checkpoint.
func (t *Task) recall(ctx context.Context, p *Plan) error {
	var err error
	if p.Run, err = t.changesRunID(); err != nil {
		return err
	}
	c, found, err := t.applier.Checkpoint(ctx, p.Run)
	if err != nil {
		return fmt.Errorf("read the target's checkpoint: %w", err)
	}
	if !found {
		return nil
	}
	notes, err := t.applier.Notes(ctx, p.Run)
	if err != nil {
		return fmt.Errorf("ask the target for the notes of the run: %w", err)
	}
	if err := t.unchanged(notes[shapeNote]); err != nil {
		return err
	}
	noted, err := cdc.ReadNotes(notes)
	if err != nil {
		return err
	}
	if p.unfinished, p.between, err = cdc.Unfinished(notes); err != nil {
		return err
	}
	if schema, ok := notes[schemaNote]; ok {
		t.settled = &schema
	}
	p.stops = notes[stopNote] != ""
	p.late = lateOf(noted, notes)
	p.Checkpoint, p.Resumed, p.since, p.suspended = &c, true, map[catalog.Name]string{}, map[catalog.Name]bool{}
	for name, n := range noted {
		if n.Outside {
			delete(noted, name)
			continue
		}
		p.since[name], p.suspended[name] = n.Since, notes[cdc.SuspendedNote(name)] != ""
	}
	t.rememberWhole(noted)
	addRoots(p.Catalog, noted)
	p.Catalog = asNoted(p.Catalog, noted)
	return nil
}

// lateOf finds the tables and their parts that came while changes were followed.
func lateOf(noted map[catalog.Name]cdc.Noted, notes map[string]string) map[catalog.Name]map[string]bool {
	late := map[catalog.Name]map[string]bool{}
	for name := range noted {
		late[name] = map[string]bool{}
		for key, text := range notes {
			if part, ok := strings.CutPrefix(key, cdc.LateNote(name, "")); ok && text != "" {
				late[name][part] = true
			}
		}
	}
	return late
}

// unchanged makes sure that changes go on as rows were loaded: where the run is named from outside, the mapping may be
// another one by now, and the rows that are in the target were made by the old one.
func (t *Task) unchanged(noted string) error {
	if t.RunName == "" || noted == "" {
		return nil
	}
	now, err := t.changesShape()
	if err != nil || now == noted {
		return err
	}
	return &connector.Error{
		Class:  connector.Invalid,
		Err:    errors.New("the table mappings, the ends of the task or settings that shape its rows (TargetMetadata, CharacterSetSettings, Compatibility) have changed since its changes began to be followed, and the target's rows were made as it was before"),
		Remedy: "put them back as they were, or start the task with reload-target, which loads every table again",
	}
}

// addRoots adds the partitioned tables whose partitions a run remembers: they hold no rows, so that it does not follow them, and may be
// what selects their partitions.
func addRoots(now *catalog.Catalog, noted map[catalog.Name]cdc.Noted) {
	for _, n := range maps.Clone(noted) {
		for up := n.Table.PartitionOf; up != nil; {
			root := now.Table(*up)
			if root == nil {
				break
			}
			if _, there := noted[*up]; !there {
				then := *root
				then.Columns = n.Table.Columns
				noted[*up] = cdc.Noted{Table: &then}
			}
			up = root.PartitionOf
		}
	}
}

// asNoted is a catalog with the tables that a run remembers, as it remembers them, and no others.
func asNoted(now *catalog.Catalog, noted map[catalog.Name]cdc.Noted) *catalog.Catalog {
	then := *now
	then.Objects, then.Schemas = nil, nil
	bySchema := map[string]*catalog.Schema{}
	add := func(s catalog.Schema) *catalog.Schema {
		s.Tables, s.Views, s.Sequences, s.Objects = nil, nil, nil, nil
		bySchema[s.Name] = &s
		then.Schemas = append(then.Schemas, &s)
		return &s
	}
	for _, s := range now.Schemas {
		add(*s)
	}
	for name, n := range noted {
		s := bySchema[name.Schema]
		if s == nil { // dropped since
			s = add(catalog.Schema{Name: name.Schema})
		}
		s.Tables = append(s.Tables, n.Table)
	}
	return &then
}

// findTables looks at the target's tables for a task that does not load: those that are there are taken as they are, missing
// ones are made, unless changes were followed already.
func (t *Task) findTables(ctx context.Context, p *Plan) error {
	names := make([]catalog.Name, len(p.Schema.Tables))
	for i, ct := range p.Schema.Tables {
		names[i] = ct.Target.Name
	}
	existing, err := t.target.Describe(ctx, names)
	if err != nil {
		return fmt.Errorf("look at the target's tables: %w", err)
	}
	var missing []error
	for _, ct := range p.Schema.Tables {
		if p.Checkpoint != nil && ct.Plan.Parted() {
			continue // there for its partitions' sake: addRoots
		}
		tp := &TablePlan{Table: ct}
		switch there := existing[ct.Target.Name]; {
		case p.between != nil && p.unfinished == ct.Plan.Source.Name: // as it was, until the following has finished its change
			if err := tp.keep(p.between); err != nil {
				missing = append(missing, err)
			}
		case there != nil && tp.keep(there.Table) == nil:
		case p.suspended[ct.Plan.Source.Name]: // nothing is written to it until a reload makes it what it is to be
			if err := tp.keep(ct.Target); err != nil {
				missing = append(missing, err)
			}
		case there != nil:
			missing = append(missing, tp.keep(there.Table))
		case t.compares(): // the comparison says that it is missing, and goes on with the others
			if err := tp.keep(ct.Target); err != nil {
				missing = append(missing, err)
			}
		case p.Checkpoint != nil:
			missing = append(missing, fmt.Errorf("target table %s is gone, whose changes were followed up to %s", ct.Target.Name, p.Checkpoint.Position))
		default:
			tp.Made, tp.Fresh = true, true
			tp.Script = t.dialect.Script(ct.Target, true)
		}
		p.Tables = append(p.Tables, tp)
	}
	markNeeded(p.Tables)
	t.joinThere(p.Tables)
	return errors.Join(missing...)
}
