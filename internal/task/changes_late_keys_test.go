package task_test

import "testing"

// TestKeysCheckedLate: PostgreSQL may check keys and unique values at the end of a statement or of a transaction, so that rows take each
// other's. Targets look at every row by itself.
func TestKeysCheckedLate(t *testing.T) {
	toEach(t, func(t *testing.T, source, target *end) {
		source.exec(t,
			"CREATE TABLE late (id int PRIMARY KEY DEFERRABLE, u int UNIQUE DEFERRABLE INITIALLY DEFERRED, v varchar(20), long_text text)", "ALTER TABLE late REPLICA IDENTITY FULL",
			"INSERT INTO late SELECT i, i, 'row ' || i, (SELECT string_agg(md5(j::text), '') FROM generate_series(1, 200) j) FROM generate_series(1, 6) i",
			"CREATE TABLE keyed (id int PRIMARY KEY, u int UNIQUE DEFERRABLE, v varchar(20))", "INSERT INTO keyed SELECT i, i, 'row ' || i FROM generate_series(1, 6) i")
		load(t, source, target)
		check := func(statements ...string) {
			source.exec(t, statements...)
			inStep(t, source, target, map[string]string{"late": "id", "keyed": "id"})
			for _, of := range []string{"u", "v"} {
				inStep(t, source, target, map[string]string{"late": by(target, "id", of), "keyed": by(target, "id", of)})
			}
			inStep(t, source, target, map[string]string{"late": by(target, "id", "length(long_text)")})
		}
		check("UPDATE late SET id = 3 - id WHERE id < 3", "UPDATE keyed SET u = 3 - u WHERE u < 3")
		check("UPDATE late SET id = id + 1", "UPDATE late SET u = 7 - u, v = v || '!'", "UPDATE keyed SET u = 7 - u")
		check("BEGIN; SET CONSTRAINTS ALL DEFERRED; UPDATE late SET id = 2 WHERE id = 3; UPDATE late SET v = 'other' WHERE v LIKE 'row 1%'; DELETE FROM late WHERE v LIKE 'row 2%'; COMMIT",
			"BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO keyed VALUES (9, 1, 'nine'); UPDATE keyed SET u = 9 WHERE id = 6; COMMIT")
	})
}

// by writes two columns as one text.
func by(e *end, a, b string) string {
	if e.engine == "sqlite" {
		return a + " || '|' || " + b
	}
	return "concat(" + a + ", '|', " + b + ")"
}
