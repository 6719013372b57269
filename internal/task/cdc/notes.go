package cdc

import (
	"encoding/json"
	"fmt"
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

// Noted is what a run remembers of a table.
type Noted struct {
	Table *catalog.Table `json:"table"`
	Since string         `json:"since,omitempty"`
}

func (t *Table) note() string { return NoteOf(t.Source, t.Since) }

// NoteOf is the text of a table's note.
func NoteOf(t *catalog.Table, since string) string {
	text, _ := json.Marshal(Noted{t, since}) // plain values cannot fail
	return string(text)
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
