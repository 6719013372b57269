// Package catalog describes databases as plain values: schemas, tables, columns, keys, indexes, sequences, views and
// whatever else an engine owns. A source fills a Catalog; mapping and convert turn it into the target's; a target
// writes it out. No I/O happens here.
//
// What every engine understands is structured. What only the engine's own family understands is kept as the
// engine's own text: in fields named Native or DDL for a part of something structured, and as an Object for things
// with no structure of ours (functions, triggers, types, policies).
package catalog
