// Package source reads CSV and Parquet files of a bucket or a folder as AWS DMS does (user guide, "Using Amazon S3 as a source"): the rows
// of a full load from a folder for each table, changes from the files of one folder in the order of their names, those of Parquet from
// the folders of the tables.
//
// What must never be false:
//   - All readers of a snapshot see one list of files.
//   - A position names a file of changes and how much of it has been delivered; what is behind it is delivered once, in the order of
//     the names and of the lines.
//   - A value that is not of its column's type is rejected with its file, line and column; none becomes another in silence.
//
// Nothing is written into the store. CSV files of changes whose names come before one that was read are not looked at, as in DMS; such a
// Parquet file ends the task.
package source
