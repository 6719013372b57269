package task

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// runID names a migration by what would make its rows differ: both ends, and what the mapping does to every table.
// The same command run again gets the same name, and so finds its journal.
func (t *Task) runID(p *mapping.Plan) string {
	if t.RunName != "" {
		return t.RunName
	}
	h := sha256.New()
	e := json.NewEncoder(h)
	// Encoding strings and plain structs into a hash cannot fail.
	_ = e.Encode([]string{t.source.Identity(), t.target.Identity()})
	for _, tp := range p.Tables {
		_ = e.Encode(tableIdentity(tp))
	}
	_ = e.Encode([]any{t.Settings.TargetMetadata, t.Settings.CharacterSetSettings})
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func tableIdentity(tp *mapping.TablePlan) []any {
	return []any{tp.Source.Name, tp.Target, tp.Where, tp.Parallel, tp.LOB, columnIdentities(tp)}
}

// shape says how the rows of a table are made, where the run's name does not: a table whose shape has changed since an
// earlier run is loaded anew.
func (t *Task) shape(tp *mapping.TablePlan) string {
	if t.RunName == "" {
		return ""
	}
	h := sha256.New()
	// Encoding strings and plain structs into a hash cannot fail.
	_ = json.NewEncoder(h).Encode([]any{t.source.Identity(), tableIdentity(tp), t.Settings.TargetMetadata, t.Settings.CharacterSetSettings})
	return hex.EncodeToString(h.Sum(nil)[:16])
}

func columnIdentities(tp *mapping.TablePlan) []any {
	var out []any
	for _, c := range tp.Columns {
		source := ""
		if c.Source != nil {
			source = c.Source.Name
		}
		out = append(out, []any{c.Name, source, c.Type, c.Expression, c.Masks})
	}
	return out
}
