package postgres

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// identify finds what identifies a table's rows at this place of the log, where that is not what the catalog has by now: as the audit has told it;
// while it has told nothing of the table yet, as the table is followed.
func (t *textStream) identify(ctx context.Context, name catalog.Name, table *textTable) error {
	told := t.stream.told[table.id]
	switch f := t.stream.names[name]; {
	case len(told) > 0 && told[0].Identity != "":
		table.keys = map[string]bool{}
		for _, c := range told {
			if c.Key {
				table.keys[c.Name] = true
			}
		}
		if table.identity = told[0].Identity[0]; table.identity != 'f' && len(table.keys) == 0 {
			table.identity = 0
		}
	case told == nil && f != nil && table.identity == 'd':
		was := keyNames(f.f.Table)
		if sameNames(was, table.keyNames()) {
			return nil
		}
		if audited, err := t.audited(ctx); !audited || err != nil {
			return err
		}
		table.keys = map[string]bool{}
		for _, n := range was {
			table.keys[n] = true
		}
		if len(was) == 0 {
			table.identity = 'f'
		}
	}
	table.mark(table.columns)
	table.mark(table.catalog)
	return nil
}

// mark marks the columns that identify rows.
func (table *textTable) mark(columns []relationColumn) {
	if table.keys == nil {
		return
	}
	for i := range columns {
		columns[i].key = table.identity == 'f' || table.keys[columns[i].name]
	}
}

func (table *textTable) keyNames() (names []string) {
	for _, c := range table.catalog {
		if c.key {
			names = append(names, c.name)
		}
	}
	return names
}

// audited reports whether changes of structure are told where they stand.
func (t *textStream) audited(ctx context.Context) (audited bool, err error) {
	if !t.stream.src.settings.captureDDL {
		return false, nil
	}
	err = t.stream.side.do(ctx, func(w *wire) (err error) {
		audited, err = auditStands(ctx, w)
		return err
	})
	return audited, err
}

// auditStands reports whether what tells of DDL is there, and at work.
func auditStands(ctx context.Context, w *wire) (stands bool, err error) {
	sql := "SELECT FROM pg_catalog.pg_event_trigger WHERE evtname = '" + intercept + "' AND evtenabled <> 'D'"
	err = w.query(ctx, sql, func([][]byte) error {
		stands = true
		return nil
	})
	return stands, classify(ctx, "look up the audit of DDL", err)
}
