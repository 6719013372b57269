package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// opMembers spells the operators and functions that depend on x, an operator class or family of that catalog.
func opMembers(class string) string {
	depends := func(member, oid string) string {
		return `EXISTS (SELECT FROM pg_catalog.pg_depend p WHERE p.classid = 'pg_catalog.` + member + `'::regclass AND p.objid = ` + oid + `
			AND p.refclassid = 'pg_catalog.` + class + `'::regclass AND p.refobjid = x.oid AND p.deptype IN ('i', 'a'))`
	}
	return `array_cat(array(SELECT 'OPERATOR ' || m.amopstrategy || ' ' || m.amopopr::regoperator
			|| coalesce(' FOR ORDER BY ' || (SELECT quote_ident(sn.nspname) || '.' || quote_ident(s.opfname) FROM pg_catalog.pg_opfamily s
				JOIN pg_catalog.pg_namespace sn ON sn.oid = s.opfnamespace WHERE s.oid = m.amopsortfamily), '')
			FROM pg_catalog.pg_amop m WHERE ` + depends("pg_amop", "m.oid") + ` ORDER BY m.amopstrategy, m.amopopr::regoperator::text),
		array(SELECT 'FUNCTION ' || m.amprocnum || ' (' || format_type(m.amproclefttype, NULL) || ', ' || format_type(m.amprocrighttype, NULL) || ') ' || m.amproc::regprocedure
			FROM pg_catalog.pg_amproc m WHERE ` + depends("pg_amproc", "m.oid") + ` ORDER BY m.amprocnum, m.amproc::regprocedure::text))`
}

// loadOperatorClasses reads operator families and classes. A family is made empty, then the classes, then the members
// that no class has are added to it.
func (in *inspector) loadOperatorClasses(ctx context.Context) error {
	families := `SELECT x.oid, n.nspname, x.opfname, ` + description("pg_opfamily") + `, am.amname, ` + opMembers("pg_opfamily") + `
		FROM pg_catalog.pg_opfamily x JOIN pg_catalog.pg_namespace n ON n.oid = x.opfnamespace JOIN pg_catalog.pg_am am ON am.oid = x.opfmethod WHERE ` + own("pg_opfamily")
	err := in.each(ctx, "operator families", families, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, method string
		var members []string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &method, &members); err != nil {
			return err
		}
		on := "OPERATOR FAMILY " + quoteName(n) + " USING " + quote(method)
		family := in.add("pg_opfamily", oid, catalog.Object{Kind: "operator family", Name: n, Detail: method, DDL: commentOn([]string{"CREATE " + on}, on, comment)})
		if len(members) == 0 {
			return nil
		}
		more := in.add("members", oid, catalog.Object{Kind: "operator family members", Name: n, Detail: method, DDL: alterEach("ALTER "+on+" ADD ", members)})
		more.needs = append(more.needs, family)
		return nil
	})
	if err != nil {
		return err
	}
	classes := `SELECT x.oid, n.nspname, x.opcname, ` + description("pg_opclass") + `, am.amname,
		CASE WHEN x.opcdefault THEN ' DEFAULT' ELSE '' END || ' FOR TYPE ' || format_type(x.opcintype, NULL) || ' USING ' || quote_ident(am.amname)
			|| ' FAMILY ' || quote_ident(fn.nspname) || '.' || quote_ident(f.opfname) || ' AS STORAGE ' || format_type(coalesce(nullif(x.opckeytype, 0), x.opcintype), NULL),
		` + opMembers("pg_opclass") + `
		FROM pg_catalog.pg_opclass x JOIN pg_catalog.pg_namespace n ON n.oid = x.opcnamespace JOIN pg_catalog.pg_am am ON am.oid = x.opcmethod
		JOIN pg_catalog.pg_opfamily f ON f.oid = x.opcfamily JOIN pg_catalog.pg_namespace fn ON fn.oid = f.opfnamespace WHERE ` + own("pg_opclass")
	err = in.each(ctx, "operator classes", classes, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment, method, definition string
		var members []string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &method, &definition, &members); err != nil {
			return err
		}
		for _, m := range members {
			definition += ", " + m
		}
		in.add("pg_opclass", oid, catalog.Object{Kind: "operator class", Name: n, Detail: method, DDL: commentOn([]string{"CREATE OPERATOR CLASS " + quoteName(n) + definition},
			"OPERATOR CLASS "+quoteName(n)+" USING "+quote(method), comment)})
		return nil
	})
	if err != nil {
		return err
	}
	return in.loadOpMembers(ctx)
}

func alterEach(words string, parts []string) []string {
	var ddl []string
	for _, p := range parts {
		ddl = append(ddl, words+p)
	}
	return ddl
}

// loadOpMembers notes which class or family an operator or function entry belongs to: what it needs, they need.
func (in *inspector) loadOpMembers(ctx context.Context) error {
	sql := `SELECT p.classid::regclass::text, p.objid, p.refclassid::regclass::text, p.refobjid FROM pg_catalog.pg_depend p
		WHERE p.objid >= 16384 AND p.classid IN ('pg_catalog.pg_amop'::regclass, 'pg_catalog.pg_amproc'::regclass)
		AND p.refclassid IN ('pg_catalog.pg_opclass'::regclass, 'pg_catalog.pg_opfamily'::regclass) AND p.deptype IN ('i', 'a')`
	return in.each(ctx, "members of operator classes", sql, func(rows pgx.Rows) error {
		var member, owner ref
		if err := rows.Scan(&member.class, &member.oid, &owner.class, &owner.oid); err != nil {
			return err
		}
		if owner.class == "pg_opfamily" {
			owner.class = "members"
		}
		in.members[member] = owner
		return nil
	})
}
