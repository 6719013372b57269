// Package sqlite connects SQLite 3 database files, as a source and as a target.
//
// It uses SQLite itself (modernc.org/sqlite, translated to Go, no C compiler needed) through the C interface rather
// than through database/sql, whose boxed values cost more than the reading.
//
// What must stay true:
//   - All readers of a snapshot see one commit: see snapshot.
//   - A value is delivered as stored, or its row is rejected. SQLite lets a column hold any class of value; decode
//     accepts what means the same in the column's DMS type and nothing else.
//   - Rows and their mark are committed together, and what is committed survives kill -9: see targetPragmas.
//   - A value that the column's affinity would change on the way in is rejected: see column.bind.
//   - A change is in the log if and only if its transaction has committed, because a trigger has written it there: see
//     triggerSQL. A position is the number of a row of the log that is known to be a transaction's last: see stream.
//   - Triggers are made and looked after while nobody else can write, so that no change passes between a table's old
//     structure and its new one unseen: see refitter.
//
// Limits: one writer, so loads of several segments follow one another; the rows of virtual tables stay behind; transactions
// that committed between two looks at the file are delivered as one. Types are those of package typemap; docs/sqlite.md is the page for users.
package sqlite
