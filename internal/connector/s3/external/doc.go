// Package external reads the ExternalTableDefinition of an S3 source (DMS user guide, "Defining external tables for Amazon S3 as a
// source"): the JSON document that says which tables there are, where their files lie, and how the values in them are written.
package external
