package postgres

// isSet begins what the event trigger does where the run of a publication reads pglogical: its publication is empty, and sets have its name.
const isSet = `
     in_sets := false;
     IF to_regclass('pglogical.replication_set') IS NOT NULL THEN
      SELECT EXISTS (SELECT FROM pglogical.replication_set s WHERE s.set_name = pub.pubname) INTO in_sets;
     END IF;`

// joinSets has a new table join the sets of a run.
const joinSets = `PERFORM pglogical.replication_set_add_table(s.set_name, made.oid::regclass) FROM pglogical.replication_set s JOIN pg_class c ON c.oid = made.oid
        WHERE s.set_name = left(pub.pubname::text, ` + partStem + `) || '` + partSuffix + `' OR s.set_name = pub.pubname AND ` + keyed + `;`

// keysOfSets puts tables that have got a key into the set of updates and deletes, and takes out those that have lost it, which the
// plugin would tell by halves.
const keysOfSets = `
 BEGIN -- tables with another key, of pglogical
  IF to_regclass('pglogical.replication_set') IS NOT NULL THEN
   FOR piece IN SELECT w.set_name, c.oid AS relid, ` + keyed + ` AS fit FROM pglogical.replication_set w JOIN pglogical.replication_set p ON p.set_name = left(w.set_name::text, ` + partStem + `) || '` + partSuffix + `'
     JOIN pglogical.replication_set_table m ON m.set_id = p.set_id JOIN pg_class c ON c.oid = m.set_reloid WHERE w.set_name LIKE 'whimbrel\_%' AND c.relkind = 'r'
     AND (` + keyed + `) <> EXISTS (SELECT FROM pglogical.replication_set_table o WHERE o.set_id = w.set_id AND o.set_reloid = c.oid) LOOP
    IF piece.fit THEN
     PERFORM pglogical.replication_set_add_table(piece.set_name, piece.relid::regclass);
    ELSE
     PERFORM pglogical.replication_set_remove_table(piece.set_name, piece.relid::regclass);
     lost := lost || piece.relid;
    END IF;
   END LOOP;
  END IF;
 EXCEPTION WHEN OTHERS THEN
  RAISE WARNING 'Whimbrel could not tell pglogical of a table''s key: %', SQLERRM;
 END;`
