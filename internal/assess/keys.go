package assess

import (
	"context"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

var (
	servers    = []string{"postgres", "mysql", "mariadb"}
	mysqls     = []string{"mysql", "mariadb"}
	postgreses = []string{"postgres"}
)

func keyChecks() []check {
	return []check{
		{
			name: "table-with-no-primary-key-or-unique-constraint", about: "Every table that is followed has a key",
			when: Kind.follows, run: keyless,
		},
		{
			name: "table-with-lob-but-without-primary-key-or-unique-constraint", about: "Every table with large objects that is followed has a key",
			when: Kind.follows, run: keylessLOBs,
		},
		{
			name: "target-table-has-unique-key-or-primary-key-for-cdc", about: "Tables that are on the target already have a key",
			when: Kind.follows, run: keylessTargets,
		},
		{
			name: "check-batch-apply-target-pk-ui-absence", about: "Changes can be applied in sets, because every target table has a key",
			side: onTarget, engines: servers, when: Kind.follows, run: batchWithoutKey,
		},
		{
			name: "check-pk-validity", about: "Every table that is validated has a key",
			side: onSource, engines: servers, run: validatedWithoutKey,
		},
	}
}

func addKey(f catalog.Family, n catalog.Name) string {
	if f == catalog.SQLite {
		return "make the table anew with a primary key: CREATE TABLE " + quote(f, n.Name) + " (id INTEGER PRIMARY KEY, …)"
	}
	return "ALTER TABLE " + quoteName(f, n) + " ADD PRIMARY KEY (…)"
}

func keyless(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, ct := range s.tables() {
		if t := ct.Plan.Source; !hasKey(t) {
			found = append(found, Finding{
				Status: Warning, Object: t.Name.String(), Mend: addKey(s.SourceEngine.Family, t.Name),
				Reason: "it has neither a primary key nor a unique key of columns that are not null: changed rows are found by comparing all columns",
			})
		}
	}
	return found, nil
}

func keylessLOBs(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, ct := range s.tables() {
		t := ct.Plan.Source
		if hasKey(t) {
			continue
		}
		for _, c := range t.Columns {
			if c.Type.Kind.IsLOB() {
				found = append(found, Finding{
					Status: Warning, Object: t.Name.String() + "." + c.Name, Mend: addKey(s.SourceEngine.Family, t.Name),
					Reason: "its large values are compared whole to find a changed row, because the table has no key",
				})
			}
		}
	}
	return found, nil
}

func keylessTargets(_ context.Context, s *subject) (found []Finding, _ error) {
	for _, ct := range s.tables() {
		if t, there := s.onTarget(ct); there && !hasKey(t) {
			found = append(found, Finding{
				Object: t.Name.String(), Mend: addKey(s.TargetEngine.Family, t.Name),
				Reason: "the table is on the target already, without a key: each change looks at all its rows",
			})
		}
	}
	return found, nil
}

func batchWithoutKey(_ context.Context, s *subject) (found []Finding, _ error) {
	if !s.Settings.TargetMetadata.BatchApplyEnabled {
		return nil, skipped("BatchApplyEnabled is false")
	}
	for _, ct := range s.tables() {
		if t, _ := s.onTarget(ct); !hasKey(t) {
			found = append(found, Finding{
				Status: Warning, Object: t.Name.String(), Mend: addKey(s.TargetEngine.Family, t.Name),
				Reason: "without a key its updates and deletes are applied one by one",
			})
		}
	}
	return found, nil
}

func validatedWithoutKey(_ context.Context, s *subject) (found []Finding, _ error) {
	if !s.Settings.ValidationSettings.EnableValidation {
		return nil, skipped("EnableValidation is false")
	}
	for _, ct := range s.tables() {
		if t := ct.Plan.Source; !hasKey(t) {
			found = append(found, Finding{
				Status: Warning, Object: t.Name.String(), Mend: addKey(s.SourceEngine.Family, t.Name),
				Reason: "without a key its rows are compared as a whole: a difference is found, but not told row by row",
			})
		}
	}
	return found, nil
}
