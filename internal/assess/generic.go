package assess

import (
	"context"
	"fmt"

	"github.com/whimbreldb/whimbrel/internal/catalog"
	"github.com/whimbreldb/whimbrel/internal/convert"
	"github.com/whimbreldb/whimbrel/internal/mapping"
)

func genericChecks() []check {
	return []check{
		{name: "all-check-source-selection-rules", about: "The table mappings select something, and each of their rules matches", run: selectionRules},
		{name: "unsupported-data-types-in-source", about: "Every column has a type that holds its values on the target", run: dataTypes},
		{name: "all-check-secondary-constraints", about: "Foreign keys, checks and secondary indexes go along", run: secondaryConstraints},
		{
			name: "all-check-target-read-replica", about: "The target can be written",
			when: func(k Kind) bool { return k.Target != "sqlite" }, run: targetWritable,
		},
		{
			name:  "all-to-all-validation-with-datamasking-digits-randomize",
			about: "Validation and masking by random digits are not both on", run: validatedRandomDigits,
		},
		{name: "full-lob-not-nullable-at-target", about: "Large objects that may be null go into columns that may be", run: lobsNotNull},
	}
}

func selectionRules(_ context.Context, s *subject) (found []Finding, _ error) {
	if len(s.Mapping.Tables) == 0 {
		found = append(found, Finding{
			Object: "table mappings", Reason: "no table of the source matches them, or the user may not see those that would",
			Mend: "compare the names in the selection rules with those of `whimbrel inspect`, capitals included",
		})
	}
	for _, rule := range s.Mapping.Unmatched {
		found = append(found, Finding{Status: Warning, Object: rule, Reason: "the rule matches nothing", Mend: "take the rule out, or correct its names"})
	}
	return found, nil
}

// dataTypes reports the types that the conversion could not keep, and columns that are left behind for their type.
func dataTypes(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, n := range s.Schema.Report {
		if n.Kind == "column type" {
			found = append(found, Finding{
				Status: Warning, Object: n.Name.String() + "." + n.Part, Reason: n.Text,
				Mend: "a change-data-type rule in the table mappings gives the column another type",
			})
		}
	}
	for _, column := range s.Mapping.LeftBehind {
		found = append(found, Finding{Object: column, Reason: "large objects are left out (SupportLobs is false)", Mend: "set TargetMetadata.SupportLobs to true"})
	}
	return found, nil
}

// secondaryConstraints reports what is not made: all of it where only tables are asked for, else what the conversion refused.
func secondaryConstraints(_ context.Context, s *subject) (found []Finding, _ error) {
	if s.Settings.WhimbrelSettings.SecondaryObjects {
		for _, n := range s.Schema.Report {
			switch {
			case n.Outcome != convert.NotCarried:
			case n.Kind == "foreign key", n.Kind == "check constraint", n.Kind == "index", n.Kind == "unique constraint":
				found = append(found, Finding{Status: Warning, Object: n.Name.String() + "." + n.Part, Reason: n.Text})
			}
		}
		return found, nil
	}
	for _, p := range s.Mapping.Tables {
		t := p.Source
		if n := len(t.ForeignKeys) + len(t.Checks) + len(t.Indexes) + len(t.Uniques); n > 0 && p.View == nil {
			found = append(found, Finding{
				Status: Warning, Object: t.Name.String(),
				Reason: fmt.Sprintf("%d foreign keys, %d checks, %d unique constraints and %d indexes are not made, because tables and primary keys alone are asked for",
					len(t.ForeignKeys), len(t.Checks), len(t.Uniques), len(t.Indexes)),
				Mend: "set WhimbrelSettings.SecondaryObjects to true, or make them after the load",
			})
		}
	}
	return found, nil
}

func targetWritable(ctx context.Context, s *subject) ([]Finding, error) {
	if s.TargetEngine.Family == catalog.MySQL {
		rows, err := ask(ctx, s.AskTarget, "SELECT @@global.read_only")
		if err != nil || rows[0][0] == "0" {
			return nil, err
		}
		return []Finding{{Object: "read_only", Reason: "the target is read-only, as replicas are", Mend: "SET GLOBAL read_only = OFF, or name the primary as the target"}}, nil
	}
	rows, err := ask(ctx, s.AskTarget, "SELECT pg_catalog.pg_is_in_recovery()::text, pg_catalog.current_setting('default_transaction_read_only'), pg_catalog.current_database()")
	switch {
	case err != nil:
		return nil, err
	case rows[0][0] == "true":
		return []Finding{{Object: s.Target, Reason: "the target is a standby", Mend: "name the primary as the target, or promote the standby: SELECT pg_promote()"}}, nil
	case rows[0][1] == "on":
		return []Finding{{
			Object: "default_transaction_read_only", Reason: "transactions of the target are read-only unless they ask for more",
			Mend: "ALTER DATABASE " + quote(catalog.PostgreSQL, rows[0][2]) + " SET default_transaction_read_only = off",
		}}, nil
	}
	return nil, nil
}

func validatedRandomDigits(_ context.Context, s *subject) (found []Finding, _ error) {
	if !s.Settings.ValidationSettings.EnableValidation {
		return nil, skipped("EnableValidation is false")
	}
	for _, m := range s.masked(mapping.DigitsRandomize) {
		found = append(found, Finding{
			Object: m.name(), Reason: "its digits are random, so that validation cannot compare the column and leaves it out",
			Mend: "mask it by " + string(mapping.DigitsMask) + " or " + string(mapping.HashMask) + ", or set EnableValidation to false",
		})
	}
	return found, nil
}

// lobsNotNull reports columns of tables that are there already. In DMS those are null for a while in every row; here only where they are null
// at the source.
func lobsNotNull(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, p := range s.pairs() {
		if !p.there || !p.source.Type.Kind.IsLOB() || p.source.NotNull || !p.target.NotNull {
			continue
		}
		n, f := p.table.Target.Name, s.TargetEngine.Family
		mend := map[catalog.Family]string{
			catalog.PostgreSQL: "ALTER TABLE " + quoteName(f, n) + " ALTER COLUMN " + quote(f, p.target.Name) + " DROP NOT NULL",
			catalog.MySQL:      "ALTER TABLE " + quoteName(f, n) + " MODIFY " + quote(f, p.target.Name) + " " + p.target.NativeType + " NULL",
		}[f]
		if mend == "" {
			mend = "make the target's table anew without NOT NULL, or let the load make it (TargetTablePrepMode DROP_AND_CREATE)"
		}
		found = append(found, Finding{
			Status: Warning, Object: n.String() + "." + p.target.Name, Mend: mend,
			Reason: "the target's column is NOT NULL and the source's is not: rows without a value are rejected",
		})
	}
	return found, nil
}
