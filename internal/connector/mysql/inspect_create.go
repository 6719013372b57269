package mysql

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/connector"
)

// readCreates asks for SHOW CREATE TABLE of every table and fills in what only that text tells. Where only the
// structure is wanted it asks for the tables with a default that information_schema cannot spell.
func (i *inspector) readCreates(ctx context.Context) error {
	for _, s := range i.catalog.Schemas {
		for _, t := range slices.Clone(s.Tables) {
			if !i.o.Objects && !doubtfulDefault(t) {
				continue
			}
			d, err := i.readCreate(ctx, t)
			if connector.ClassOf(classify(ctx, err)) == connector.Missing { // dropped or renamed since the tables were listed
				i.forget(s, t)
				continue
			}
			if err != nil {
				return fmt.Errorf("inspect table %s: %w", t.Name, err)
			}
			d.settleDefaults(t)
			if i.o.Objects {
				t.Native[nativeServer] = string(i.release.flavour)
				d.describe(t)
				s.Objects = append(s.Objects, leftDirectories(t)...)
			}
		}
	}
	return nil
}

func (i *inspector) forget(s *catalog.Schema, t *catalog.Table) {
	s.Tables = slices.DeleteFunc(s.Tables, func(other *catalog.Table) bool { return other == t })
	delete(i.tables, t.Name)
}

func (i *inspector) readCreate(ctx context.Context, t *catalog.Table) (*definition, error) {
	var name, text string
	if err := i.q.QueryRowContext(ctx, "SHOW CREATE TABLE "+quoteTable(t.Name)).Scan(&name, &text); err != nil {
		return nil, err
	}
	return parseDefinition(printable(text))
}

// doubtfulDefault reports whether a binary column's default has a question mark, which may stand for any byte.
func doubtfulDefault(t *catalog.Table) bool {
	for _, c := range t.Columns {
		if strings.HasSuffix(c.BaseType, "binary") && c.Default != nil && strings.Contains(*c.Default, "?") {
			return true
		}
	}
	return false
}

// settleDefaults takes the defaults that printable has put into hexadecimal.
func (d *definition) settleDefaults(t *catalog.Table) {
	const before = " DEFAULT "
	for _, p := range d.parts {
		c := t.Column(p.name)
		at := strings.Index(p.text, before+"0x")
		if p.kind != columnPart || c == nil || at < 0 || !strings.HasSuffix(c.BaseType, "binary") {
			continue
		}
		value, _, _ := strings.Cut(p.text[at+len(before):], " ")
		c.Default = &value
	}
}

// describe fills in the table what the definition says beyond information_schema.
func (d *definition) describe(t *catalog.Table) {
	d.addReferenceSystems(t)
	t.Native[nativeCreate] = d.String(t.Name.Name)
	t.Native[nativeOptions] = d.options
	checks := make(map[string]bool)
	for _, p := range d.parts {
		switch p.kind {
		case periodPart:
			t.Native[nativePeriods] = strings.TrimPrefix(t.Native[nativePeriods]+"\n"+p.text, "\n")
		case uniquePart, indexPart, specialPart:
			for _, x := range t.Indexes {
				if x.Name == p.name {
					x.DDL = addClause(t.Name, p.text)
				}
			}
			for _, k := range t.Uniques {
				if k.Name == p.name {
					k.DDL = p.text
				}
			}
		case primaryPart:
			if t.PrimaryKey != nil {
				t.PrimaryKey.DDL = p.text
			}
		case foreignPart:
			for _, k := range t.ForeignKeys {
				if k.Name == p.name {
					k.DDL = p.text
				}
			}
		case checkPart:
			checks[p.name] = true
			for _, c := range t.Checks {
				if c.Name == p.name && !strings.HasPrefix(c.DDL, columnCheck) {
					c.DDL = p.text
				}
			}
		}
	}
	t.Checks = keptChecks(t.Checks, checks)
}

// keptChecks drops the checks that a period implies: information_schema lists them, a definition does not.
func keptChecks(all []*catalog.Check, written map[string]bool) []*catalog.Check {
	var kept []*catalog.Check
	for _, c := range all {
		if written[c.Name] || strings.HasPrefix(c.DDL, columnCheck) {
			kept = append(kept, c)
		}
	}
	return kept
}

// addReferenceSystems writes the spatial reference systems into the text where MariaDB leaves them out.
func (d *definition) addReferenceSystems(t *catalog.Table) {
	for n, p := range d.parts {
		if p.kind != columnPart || strings.Contains(p.text, "SRID") {
			continue
		}
		c := t.Column(p.name)
		if c == nil || !strings.HasPrefix(c.Native, "REF_SYSTEM_ID=") {
			continue
		}
		system, _, _ := strings.Cut(c.Native, " ")
		head := quoteIdent(c.Name) + " " + c.NativeType
		if rest, ok := strings.CutPrefix(p.text, head); ok {
			d.parts[n].text = head + " " + system + rest
		}
	}
}
