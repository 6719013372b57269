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
//
// Limits: one writer, so loads of several segments follow one another; the rows of virtual tables stay behind; no
// change stream, hence no Position. Types are those of package typemap; docs/sqlite.md is the page for users.
package sqlite
