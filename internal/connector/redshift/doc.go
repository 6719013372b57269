// Package redshift writes to Amazon Redshift as AWS DMS does (user guide, "Using Amazon Redshift as a target"): rows go as
// compressed CSV files into a bucket, and COPY takes them from there.
//
// It speaks PostgreSQL's protocol with Redshift's SQL, and takes nothing for granted that Redshift has not: no savepoints, no
// ON CONFLICT, no arrays, no text without a bound, no keys that are enforced, a TRUNCATE that commits, and an ALTER COLUMN that runs
// alone. Literals hold no backslash, which Redshift reads as the beginning of an escape.
//
// What must never be false:
//   - The rows of a segment and the journal's mark of it, and changes and the position behind them, become durable in one
//     transaction.
//   - COPY takes exactly the files that were written for it: a manifest names them, each as mandatory.
//   - What a column cannot hold is found before it is sent, and rejected with its reason. It is cut or replaced only where a setting
//     asks for it, and a full load notes each row that it has cut; a fraction becomes the nearest that a real or double precision
//     column holds.
//   - Keys that open the bucket appear in no message: statements with them are never quoted.
//
// Staged files lie below the folder of the endpoint, in whimbrel-staging/; whoever has written them deletes them. What a killed
// process leaves is deleted by the next run of the same name, see sweep.
package redshift
