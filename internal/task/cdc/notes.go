package cdc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/task/apply"
)

const tablePrefix = "table "

// TableNote is the key under which a run remembers how a table looked in the source at the checkpoint: by the time the run
// goes on, the source may look otherwise.
func TableNote(n catalog.Name) string { return tablePrefix + n.String() }

// SuspendedNote is the key under which a run remembers that, and why, a table is suspended.
func SuspendedNote(n catalog.Name) string { return apply.SuspendedPrefix + n.String() }

// LateNote is the key under which a run remembers that a table has got an index or constraint while it was followed; with an empty part,
// that the table itself has joined meanwhile.
func LateNote(n catalog.Name, part string) string { return "late " + n.String() + " " + part }

// What a table has got otherwise while it was followed is noted as a part of these names.
const (
	ofDefault = "default of "
	ofGone    = "without "
)

// DefaultPart is noted for a column whose default has changed.
func DefaultPart(column string) string { return ofDefault + column }

// GonePart is noted for an index or constraint that was dropped.
func GonePart(part string) string { return ofGone + part }

// GoneFrom finds the indexes and constraints that a table had and has no more.
func GoneFrom(before, now *catalog.Table) (names []string) {
	left := PartsOf(now)
	for _, part := range PartsOf(before) {
		if !slices.Contains(left, part) {
			names = append(names, part)
		}
	}
	return names
}

// DefaultsOf finds the columns whose default has changed.
func DefaultsOf(before, now *catalog.Table) (names []string) {
	for _, c := range now.Columns {
		was := before.Column(c.Name)
		if was == nil || c.Generated != "" || c.Identity.Kind != catalog.NotIdentity || was.Identity.Kind != catalog.NotIdentity {
			continue
		}
		if (was.Default == nil) != (c.Default == nil) || c.Default != nil && *was.Default != *c.Default {
			names = append(names, c.Name)
		}
	}
	return names
}

// GoneParts are the indexes and constraints among what is noted of a table as dropped.
func GoneParts(noted map[string]bool) (names []string) {
	for part := range noted {
		if name, ok := strings.CutPrefix(part, ofGone); ok {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// foreignKey begins what a foreign key is noted as: MySQL gives an index the same name, and leaves that when the key goes.
const foreignKey = "foreign key "

// ForeignKeyPart is the part that a foreign key is.
func ForeignKeyPart(name string) string { return foreignKey + name }

// PartName splits a part into what it is, and its name.
func PartName(part string) (kind, name string) {
	if name, ok := strings.CutPrefix(part, foreignKey); ok {
		return "foreign key", name
	}
	return "index or constraint", part
}

// PartsOf names the indexes and constraints of a table.
func PartsOf(t *catalog.Table) (names []string) {
	for _, k := range t.Uniques {
		names = append(names, k.Name)
	}
	for _, x := range t.Indexes {
		names = append(names, x.Name)
	}
	for _, c := range t.Checks {
		names = append(names, c.Name)
	}
	for _, k := range t.ForeignKeys {
		names = append(names, ForeignKeyPart(k.Name))
	}
	return names
}

// Noted is what a run remembers of a table.
type Noted struct {
	Table *catalog.Table `json:"table"`
	Since string         `json:"since,omitempty"`
	// Outside says that the target has refused the table when it was created, so that it was never followed.
	Outside bool `json:"outside,omitempty"`
	// Target is the name that it was to have there, as far as that is known.
	Target catalog.Name `json:"target,omitzero"`
}

func (n Noted) String() string {
	text, _ := json.Marshal(n) // plain values cannot fail
	return string(text)
}

func (t *Table) note() string { return NoteOf(t.Source, t.Since) }

// NoteOf is the text of a table's note.
func NoteOf(t *catalog.Table, since string) string { return Noted{Table: t, Since: since}.String() }

// outsideNote is that of a new table that the target has refused.
func outsideNote(t *catalog.Table, target catalog.Name) string {
	return Noted{Table: t, Outside: true, Target: target}.String()
}

// ReadNotes returns the tables that a run remembers, by name.
func ReadNotes(notes map[string]string) (map[catalog.Name]Noted, error) {
	out := map[catalog.Name]Noted{}
	for key, text := range notes {
		if !strings.HasPrefix(key, tablePrefix) {
			continue
		}
		var n Noted
		if err := json.Unmarshal([]byte(text), &n); err != nil || n.Table == nil {
			return nil, fmt.Errorf("the target's awsdms_task_notes holds a note under %q that this version cannot read: %w", key, err)
		}
		out[n.Table.Name] = n
	}
	return out, nil
}
