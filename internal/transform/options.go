package transform

import (
	"time"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/expr"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

// Options are the task's part in a transformation. The zero value changes nothing beyond the plan.
type Options struct {
	// SourceSchema and SourceTable, ModifiedSchema and ModifiedTable are what the metadata placeholders say; empty
	// ones are taken from the plan.
	SourceSchema, SourceTable     string
	ModifiedSchema, ModifiedTable string
	// LOBLimit cuts values of BLOB, CLOB and NCLOB columns to so many bytes; 0 means no limit. A plan's own LOB
	// settings go before it.
	LOBLimit int
	// Characters are the CharacterSetSettings, nil for none.
	Characters *Characters
	// Now tells the time for $AR_H_TIMESTAMP; nil means the clock.
	Now func() time.Time
}

// Characters says which characters STRING and WSTRING columns may hold.
type Characters struct {
	// Replace is done first; of two with the same From the last one counts.
	Replace []Replacement
	// Charset is an IANA name. Characters it lacks become Substitute; 0 deletes them. Empty means any character.
	Charset    string
	Substitute rune
}

// Replacement replaces a character; To 0 deletes it.
type Replacement struct{ From, To rune }

func (o *Options) environment(plan *mapping.TablePlan) expr.Environment {
	or := func(s, other string) string {
		if s == "" {
			return other
		}
		return s
	}
	source := sourceName(plan)
	return expr.Environment{
		SourceSchema:   or(o.SourceSchema, source.Schema),
		SourceTable:    or(o.SourceTable, source.Name),
		ModifiedSchema: or(o.ModifiedSchema, plan.Target.Schema),
		ModifiedTable:  or(o.ModifiedTable, plan.Target.Name),
		Now:            o.Now,
	}
}

func sourceName(plan *mapping.TablePlan) catalog.Name {
	if plan.Source == nil {
		return catalog.Name{}
	}
	return plan.Source.Name
}

// lobLimit is the limit that holds for the table, 0 for none.
func (o *Options) lobLimit(plan *mapping.TablePlan) int {
	switch {
	case plan.LOB == nil:
		return o.LOBLimit
	case plan.LOB.Mode == "limited":
		return plan.LOB.MaxBytes
	}
	return 0
}
