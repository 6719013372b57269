package mapping

import (
	"fmt"
	"math"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/document"
)

// TableSettings is a rule about how one table is loaded.
type TableSettings struct {
	Header
	Locator
	// Parallel is nil when the rule has no parallel-load, or one of type none.
	Parallel *catalog.ParallelLoad
	// Elsewhere names keys of parallel-load that belong to other engines.
	Elsewhere []string
	LOB       *LOBPlan // nil: the task settings decide

	setsParallel, setsLOB bool
}

func (p *parser) tableSettings(r *document.Reader, h Header) {
	s := &TableSettings{Header: h}
	var lr *document.Reader
	if s.Locator, lr = locate(r, []string{"schema-name", "table-name"}); lr != nil {
		lr.Done()
	}
	requireExact(r, s.Locator, "Exact schema and table name required when using table settings rule")
	if n := r.Take("parallel-load"); n != nil {
		s.setsParallel = true
		if pr, ok := n.Read(r.Subject, r.Problems); ok {
			s.parallelLoad(pr)
			pr.Done()
		}
	}
	if n := r.Take("lob-settings"); n != nil {
		s.setsLOB = true
		if lob, ok := n.Read(r.Subject, r.Problems); ok {
			s.lobSettings(lob)
			lob.Done()
		}
	}
	if !s.setsParallel && !s.setsLOB {
		r.Problems.Addf(r.Subject, r.Path("parallel-load"), "is missing, and so is lob-settings; a table-settings rule needs one or both")
	}
	p.rules.TableSettings = append(p.rules.TableSettings, s)
}

// lobSettings reads the mode and size of large objects. DMS's mode "limited" is the default once the object is there.
func (s *TableSettings) lobSettings(r *document.Reader) {
	mode := "limited"
	if r.Take("mode") != nil {
		mode = word(r, "mode", "limited", "unlimited", "none")
	}
	kilobytes, sized := r.Whole("bulk-max-size", 0, math.MaxInt32)
	switch mode {
	case "limited":
		if r.Take("bulk-max-size") == nil {
			r.Missing("bulk-max-size", "the number of KB at which values are cut, more than 0, in mode limited")
		} else if sized && kilobytes == 0 {
			r.Failf(r.Take("bulk-max-size"), "is 0; mode limited cuts values there, so want more than 0 (mode unlimited cuts nothing)")
		}
		s.LOB = &LOBPlan{Mode: mode, MaxBytes: int(kilobytes) * 1024}
	case "unlimited":
		s.LOB = &LOBPlan{Mode: mode, MaxBytes: int(kilobytes) * 1024}
	}
}

// contradictions reports rules that cannot both hold. It runs over a document whose rules are each right.
func (p *parser) contradictions() {
	type part struct {
		table catalog.Name
		key   string
	}
	first := map[part]fmt.Stringer{}
	claim := func(h Header, table catalog.Name, key string) {
		at := part{table, key}
		if other, taken := first[at]; taken {
			p.problems.Addf(h.String(), "", "%s also has %s for %s; keep one of the rules", other, key, table)
			return
		}
		first[at] = h
	}
	for _, s := range p.rules.TableSettings {
		if s.setsParallel {
			claim(s.Header, s.exactTable(), "parallel-load")
		}
		if s.setsLOB {
			claim(s.Header, s.exactTable(), "lob-settings")
		}
	}
	for _, s := range p.rules.Selections {
		if len(s.Filters) > 0 {
			claim(s.Header, s.exactTable(), "filters")
		}
	}
}
