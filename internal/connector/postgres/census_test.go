package postgres

import (
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/servertest"
)

// censusQuery describes a database in lines, straight from the system catalogs and in other ways than Inspect, so
// that a mistake in Inspect cannot hide itself.
const censusQuery = `WITH ns AS (SELECT oid, nspname FROM pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'),
	cl AS (SELECT c.* FROM pg_class c JOIN ns ON ns.oid = c.relnamespace WHERE c.relname NOT LIKE 'awsdms%')
	SELECT concat_ws(' ', 'class', oid::regclass, relkind, relpersistence, reloptions, relhasrules, relhastriggers, relrowsecurity, relforcerowsecurity,
		relispopulated, relreplident, relispartition, pg_get_expr(relpartbound, oid), reloftype::regtype, relnatts, relchecks,
		(SELECT string_agg(inhparent::regclass || inhseqno::text, ',' ORDER BY inhseqno) FROM pg_inherits WHERE inhrelid = cl.oid),
		(SELECT concat_ws(' ', indisunique, indisprimary, indisexclusion, indimmediate, indisclustered, indisvalid, indisreplident, indoption, pg_get_indexdef(indexrelid))
			FROM pg_index WHERE indexrelid = cl.oid), obj_description(oid, 'pg_class')) FROM cl
	UNION ALL SELECT concat_ws(' ', 'column', attrelid::regclass, attnum, attname, format_type(atttypid, atttypmod), attnotnull, attidentity, attgenerated, attstorage,
		attcompression, coalesce(attstattarget, -1), attislocal, attinhcount, attcollation::regcollation,
		(SELECT string_agg(o, ',') FROM unnest(attoptions) o WHERE o NOT LIKE 'pg_attver%'), pg_get_expr(d.adbin, d.adrelid), col_description(attrelid, attnum))
		FROM pg_attribute a JOIN cl ON cl.oid = attrelid LEFT JOIN pg_attrdef d ON adrelid = attrelid AND adnum = attnum WHERE attnum > 0 AND NOT attisdropped
	UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, contypid::regtype, CASE WHEN contype = 'n' AND $1 < 18 THEN '' ELSE conname END, contype, convalidated, conislocal, coninhcount, connoinherit AND contype IN ('c', 'n'),
		conparentid <> 0, pg_get_constraintdef(pg_constraint.oid), obj_description(pg_constraint.oid, 'pg_constraint'))
		FROM pg_constraint JOIN ns ON ns.oid = connamespace WHERE $1 >= 18 OR contype <> 'n' OR contypid <> 0
	UNION ALL SELECT concat_ws(' ', 'function', p.oid::regprocedure, prokind, obj_description(p.oid, 'pg_proc'), prosrc, prosqlbody IS NOT NULL, proconfig, procost, provolatile, pg_get_expr(proargdefaults, 0))
		FROM pg_proc p JOIN ns ON ns.oid = pronamespace
	UNION ALL SELECT concat_ws(' ', 'aggregate', aggfnoid::regprocedure, aggkind, aggtransfn, aggfinalfn, aggcombinefn, aggmtransfn, aggfinalmodify, aggmfinalmodify, aggtranstype::regtype, agginitval, aggminitval)
		FROM pg_aggregate JOIN pg_proc p ON p.oid = aggfnoid JOIN ns ON ns.oid = pronamespace
	UNION ALL SELECT concat_ws(' ', 'type', t.oid::regtype, typtype, typnotnull, typdefault, typbasetype::regtype, typcollation::regcollation, obj_description(t.oid, 'pg_type'),
		(SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder) FROM pg_enum WHERE enumtypid = t.oid)) FROM pg_type t JOIN ns ON ns.oid = typnamespace WHERE typname NOT LIKE '%awsdms%'
	UNION ALL SELECT concat_ws(' ', 'range', rngtypid::regtype, rngsubtype::regtype, rngmultitypid::regtype, rngcollation::regcollation, rngsubdiff, (SELECT opcname FROM pg_opclass o WHERE o.oid = rngsubopc)) FROM pg_range
	UNION ALL SELECT concat_ws(' ', 'trigger', tgrelid::regclass, tgname, tgenabled, tgparentid <> 0, pg_get_triggerdef(oid), obj_description(oid, 'pg_trigger')) FROM pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT concat_ws(' ', 'rule', ev_class::regclass, rulename, ev_enabled, pg_get_ruledef(r.oid), obj_description(r.oid, 'pg_rewrite')) FROM pg_rewrite r JOIN cl ON cl.oid = ev_class
	UNION ALL SELECT concat_ws(' ', 'policy', polrelid::regclass, polname, polcmd, polpermissive, polroles::regrole[], pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid), obj_description(oid, 'pg_policy')) FROM pg_policy
	UNION ALL SELECT concat_ws(' ', 'statistics', stxname, coalesce(stxstattarget, -1), pg_get_statisticsobjdef(oid), obj_description(oid, 'pg_statistic_ext')) FROM pg_statistic_ext
	UNION ALL SELECT concat_ws(' ', 'operator', o.oid::regoperator, oprcode, oprcom::regoperator, oprnegate::regoperator, oprrest, oprjoin, obj_description(o.oid, 'pg_operator')) FROM pg_operator o JOIN ns ON ns.oid = oprnamespace
	UNION ALL SELECT concat_ws(' ', 'cast', castsource::regtype, casttarget::regtype, castfunc::regprocedure, castcontext, castmethod) FROM pg_cast WHERE oid >= 16384
	UNION ALL SELECT concat_ws(' ', 'collation', collname, collprovider, collisdeterministic, collcollate, collctype, obj_description(c.oid, 'pg_collation')) FROM pg_collation c JOIN ns ON ns.oid = collnamespace
	UNION ALL SELECT concat_ws(' ', 'search', c.oid::regconfig, maptokentype, mapseqno, mapdict::regdictionary, obj_description(c.oid, 'pg_ts_config')) FROM pg_ts_config c JOIN ns ON ns.oid = cfgnamespace LEFT JOIN pg_ts_config_map ON mapcfg = c.oid
	UNION ALL SELECT concat_ws(' ', 'dictionary', d.oid::regdictionary, dictinitoption) FROM pg_ts_dict d JOIN ns ON ns.oid = dictnamespace
	UNION ALL SELECT concat_ws(' ', 'event trigger', evtname, evtevent, evtenabled, evttags, evtfoid::regproc, obj_description(oid, 'pg_event_trigger')) FROM pg_event_trigger
	UNION ALL SELECT concat_ws(' ', 'extension', extname, extversion, n.nspname, obj_description(e.oid, 'pg_extension')) FROM pg_extension e JOIN pg_namespace n ON n.oid = extnamespace
	UNION ALL SELECT concat_ws(' ', 'schema', nspname, obj_description(oid, 'pg_namespace')) FROM ns
	UNION ALL SELECT concat_ws(' ', 'sequence', seqrelid::regclass, seqtypid::regtype, seqstart, seqincrement, seqmin, seqmax, seqcache, seqcycle,
		(SELECT string_agg(concat_ws(' ', refobjid::regclass, refobjsubid, deptype), ',') FROM pg_depend WHERE objid = seqrelid AND refobjsubid > 0)) FROM pg_sequence
	ORDER BY 1`

func census(t *testing.T, c *pgx.Conn, from servertest.PostgreSQLVersion) []string {
	t.Helper()
	_, err := c.Exec(t.Context(), "SET search_path = ''")
	require.NoError(t, err)
	rows, err := c.Query(t.Context(), censusQuery, int(from))
	require.NoError(t, err)
	lines, err := pgx.CollectRows(rows, pgx.RowTo[string])
	require.NoError(t, err)
	return lines
}
