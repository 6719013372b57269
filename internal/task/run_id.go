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
	h := sha256.New()
	e := json.NewEncoder(h)
	// Encoding strings and plain structs into a hash cannot fail.
	_ = e.Encode([]string{t.source.Identity(), t.target.Identity()})
	for _, tp := range p.Tables {
		_ = e.Encode([]any{tp.Source.Name, tp.Target, tp.Where, tp.Parallel, tp.LOB, columnIdentities(tp)})
	}
	_ = e.Encode([]any{t.Settings.TargetMetadata, t.Settings.CharacterSetSettings})
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
