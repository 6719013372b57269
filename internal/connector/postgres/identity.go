package postgres

// identified is a condition on a table c of pg_class: the log tells which row an UPDATE or DELETE of it has changed. Where it
// does not, the server refuses both as soon as a publication has them (RelationGetIndexList and CheckCmdReplicaIdentity in its
// source): a deferrable key does not count, and from version 18 on neither does one with a generated column in it, nor
// REPLICA IDENTITY FULL of a table that has any.
const identified = `CASE c.relreplident WHEN 'n' THEN false WHEN 'f' THEN pg_catalog.current_setting('server_version_num')::int < 180000
  OR NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND NOT a.attisdropped)
 ELSE EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indisunique AND i.indimmediate AND i.indpred IS NULL
  AND CASE c.relreplident WHEN 'd' THEN i.indisprimary ELSE i.indisreplident END
  AND (pg_catalog.current_setting('server_version_num')::int < 180000 OR NOT EXISTS (SELECT FROM pg_catalog.pg_attribute a
   WHERE a.attrelid = c.oid AND a.attgenerated <> '' AND a.attnum = ANY (i.indkey::int2[])))) END`

// fit is a condition on a table or partitioned table c of pg_class: all changes of it may be published. Partitions that a
// partitioned table gets later are published with it, and have a key for sure only where it has a primary key itself.
const fit = `CASE c.relkind WHEN 'p' THEN EXISTS (SELECT FROM pg_catalog.pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid AND i.indimmediate)
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_partition_tree(c.oid) t CROSS JOIN LATERAL (SELECT FROM pg_catalog.pg_class c
   WHERE c.oid = t.relid AND c.relkind = 'r' AND c.relpersistence = 'p' AND NOT (` + identified + `)) bad)
 ELSE ` + identified + ` END`

// movesSQL lists the statements that put tables into that publication of a run to which they belong now, in their order. The
// first argument is a condition on the run's publication f, the second one on a member r. A partitioned table that may not be
// published whole has those of its partitions that may be published by themselves. With each statement it is told whether the
// table has lost what identified its rows.
const movesSQL = `WITH pair AS (SELECT f.oid AS whole, f.pubname AS whole_name, i.oid AS part, i.pubname AS part_name
 FROM pg_catalog.pg_publication f JOIN pg_catalog.pg_publication i ON i.pubname = left(f.pubname::text, ` + partStem + `) || '` + partSuffix + `'
 WHERE f.pubupdate AND NOT f.puballtables AND pg_catalog.obj_description(i.oid, 'pg_publication') = '` + inUse + `' AND (%[1]s)),
 member AS (SELECT p.whole, p.whole_name, p.part_name, r.prrelid, bool_or(r.prpubid = p.whole) AS in_whole, bool_or(r.prpubid = p.part) AS in_part
  FROM pair p JOIN pg_catalog.pg_publication_rel r ON r.prpubid IN (p.whole, p.part) WHERE (%[2]s) GROUP BY 1, 2, 3, 4),
 judged AS MATERIALIZED (SELECT m.*, c.relkind, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name, ` + fit + ` AS fit
  FROM member m JOIN pg_catalog.pg_class c ON c.oid = m.prrelid JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace),
 parts AS (SELECT DISTINCT j.whole_name, c.oid AS prrelid, pg_catalog.format('%%I.%%I', n.nspname, c.relname) AS name
  FROM judged j CROSS JOIN LATERAL pg_catalog.pg_partition_tree(j.prrelid) t JOIN pg_catalog.pg_class c ON c.oid = t.relid
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  WHERE j.relkind = 'p' AND NOT j.fit AND c.relkind = 'r' AND c.relpersistence = 'p' AND ` + identified + `
  AND NOT EXISTS (SELECT FROM pg_catalog.pg_publication_rel x WHERE x.prpubid = j.whole AND x.prrelid = c.oid))
SELECT statement, prrelid, lost FROM (
 SELECT 1, prrelid, false, pg_catalog.format('ALTER PUBLICATION %%I ADD TABLE ONLY %%s', CASE WHEN fit THEN whole_name ELSE part_name END, name) FROM judged
  WHERE CASE WHEN fit THEN NOT in_whole ELSE NOT in_part END
 UNION ALL SELECT 1, prrelid, false, pg_catalog.format('ALTER PUBLICATION %%I ADD TABLE ONLY %%s', whole_name, name) FROM parts
 UNION ALL SELECT 2, prrelid, NOT fit, pg_catalog.format('ALTER PUBLICATION %%I DROP TABLE ONLY %%s', CASE WHEN fit THEN part_name ELSE whole_name END, name) FROM judged
  WHERE CASE WHEN fit THEN in_part ELSE in_whole END) s (step, prrelid, lost, statement) ORDER BY step, statement`
