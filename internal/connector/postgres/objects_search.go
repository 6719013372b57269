package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"

	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// loadTextSearch reads dictionaries and configurations.
func (in *inspector) loadTextSearch(ctx context.Context) error {
	dictionaries := `SELECT x.oid, n.nspname, x.dictname, ` + description("pg_ts_dict") + `, ARRAY['TEMPLATE = ' || quote_ident(tn.nspname) || '.' || quote_ident(t.tmplname)
		|| coalesce(', ' || nullif(x.dictinitoption, ''), '')]
		FROM pg_catalog.pg_ts_dict x JOIN pg_catalog.pg_namespace n ON n.oid = x.dictnamespace JOIN pg_catalog.pg_ts_template t ON t.oid = x.dicttemplate
		JOIN pg_catalog.pg_namespace tn ON tn.oid = t.tmplnamespace WHERE ` + own("pg_ts_dict")
	if err := in.loadSearchObjects(ctx, dictionaries, "pg_ts_dict", "text search dictionary", "TEXT SEARCH DICTIONARY "); err != nil {
		return err
	}
	configurations := `SELECT x.oid, n.nspname, x.cfgname, ` + description("pg_ts_config") + `, array_prepend('PARSER = ' || quote_ident(pn.nspname) || '.' || quote_ident(p.prsname),
		array(SELECT 'ADD MAPPING FOR ' || quote_ident((SELECT k.alias FROM ts_token_type(x.cfgparser) k WHERE k.tokid = m.maptokentype)) || ' WITH '
			|| string_agg(quote_ident(dn.nspname) || '.' || quote_ident(d.dictname), ', ' ORDER BY m.mapseqno)
			FROM pg_catalog.pg_ts_config_map m JOIN pg_catalog.pg_ts_dict d ON d.oid = m.mapdict JOIN pg_catalog.pg_namespace dn ON dn.oid = d.dictnamespace
			WHERE m.mapcfg = x.oid GROUP BY m.maptokentype ORDER BY m.maptokentype))
		FROM pg_catalog.pg_ts_config x JOIN pg_catalog.pg_namespace n ON n.oid = x.cfgnamespace JOIN pg_catalog.pg_ts_parser p ON p.oid = x.cfgparser
		JOIN pg_catalog.pg_namespace pn ON pn.oid = p.prsnamespace WHERE ` + own("pg_ts_config")
	return in.loadSearchObjects(ctx, configurations, "pg_ts_config", "text search configuration", "TEXT SEARCH CONFIGURATION ")
}

// loadSearchObjects runs a query whose last column holds what stands in the parentheses of CREATE and what follows
// ALTER.
func (in *inspector) loadSearchObjects(ctx context.Context, sql, class, kind, words string) error {
	return in.each(ctx, kind+" objects", sql, func(rows pgx.Rows) error {
		var oid uint32
		var n catalog.Name
		var comment string
		var texts []string
		if err := rows.Scan(&oid, &n.Schema, &n.Name, &comment, &texts); err != nil {
			return err
		}
		ddl := []string{"CREATE " + words + quoteName(n) + " (" + texts[0] + ")"}
		for _, t := range texts[1:] {
			ddl = append(ddl, "ALTER "+words+quoteName(n)+" "+t)
		}
		in.add(class, oid, catalog.Object{Kind: kind, Name: n, DDL: commentOn(ddl, words+quoteName(n), comment)})
		return nil
	})
}
