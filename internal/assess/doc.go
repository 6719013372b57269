// Package assess looks, before a migration, for what would keep it from working or from being whole: DMS's premigration
// assessments, by DMS's names, as far as they mean something for this engine.
//
// A check is a small function over what both ends are found to be (task.Examination) and a few questions in the ends' own
// SQL. Nothing is changed. What it finds names the object, the reason and what mends it. Checks of a source carry the
// prefix of the source's engine, checks of a target that of the target's.
//
// DMS's checks of things that its own engine cannot do and this one can (secondary indexes that must be dropped,
// binary log compression, LOB modes of batch apply …) have no place here.
package assess
