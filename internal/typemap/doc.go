// Package typemap holds the tables between native types and the DMS types: what a native type is in package
// datatype's terms (From…), and how an engine spells such a type (To…). There is one file per engine family.
//
// The tables are those of the AWS DMS user guide (the data type sections of CHAP_Source and CHAP_Target for
// PostgreSQL and MySQL), with two kinds of difference, both switched off by the DMS options: where the guide's
// choice loses data the type is widened, and a hint keeps the meaning for an engine that has it too. SQLite is no
// DMS engine; its tables follow "Datatypes In SQLite" (affinity).
//
// The rule behind every choice: what the column can hold at the source, the target's column holds unchanged, or the
// loader can tell that it does not and rejects the row. docs/datatypes.md is written from these tables by a test.
package typemap
