// Package expr evaluates the expressions of table mappings: SQLite's expression language, with $COLUMN references,
// the $AR_… placeholders of DMS, and DMS's own functions hash_sha256 and operation_indicator.
//
// An expression is compiled once, bound to the columns of a batch, and evaluated row by row without allocation for
// the common forms. Results are those of SQLite (type affinity, NULL logic, integer and real arithmetic, coercion of
// texts), which a test compares with SQLite itself; docs/expressions.md lists the language and where it is narrower.
//
// One thing is ours: a Decimal column keeps its digits. It is a number wherever SQLite would compute or compare,
// and its own text wherever SQLite would make a text of it.
package expr
