// Package s3 writes to Amazon S3 and every store that speaks its API, and to a folder of this machine, as AWS DMS does
// (user guide, "Using Amazon S3 as a target"): schema/table/LOAD00000001.csv for a full load, dated files for changes, CSV or
// Parquet.
//
// What must never be false:
//   - A file is there whole or not at all: its bytes travel unseen and get their name at the end.
//   - Whatever instant the process ends at, the files hold every row of a full load and every change once. What a segment or a
//     flush has written is first named in one control object, which is the commit, and published after it; whoever comes
//     next publishes what that object names.
//   - Changes of a table are in the order of their commits, by the names of the files and the lines in them.
//
// The control objects lie under _awsdms_control, a name that Hive, Spark, Athena and Glue leave out: what a run has loaded
// (load/), how far it has followed its source (changes/), and how the tables look (tables/).
//
// Two processes that run one task keep each other out by a claim, see Claim; two tasks that write one table get in each other's
// way, as in DMS.
//
// Files are read as a source by package source; what is here for that is its settings.
package s3
