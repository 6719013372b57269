package connector

import (
	"github.com/whimbreldb/whimbrel/internal/catalog"
)

// Dialect writes an engine's DDL. It is pure: it reaches no server.
//
// The tables it is given are spelled for it: native types, default expressions and DDL texts are already its own
// (package convert sees to that). Native parts that are empty are built from the structured fields.
type Dialect interface {
	// Quote quotes an identifier.
	Quote(name string) string
	// MaxName is the longest identifier the engine keeps, in bytes or characters as NameLength counts; 0 means no bound.
	MaxName() int
	// NameLength measures an identifier in the unit of MaxName.
	NameLength(name string) int
	// Script writes the DDL of a table. keysFirst asks for keys in Create even where adding them later is faster.
	Script(t *catalog.Table, keysFirst bool) catalog.Script
	CreateSchema(s *catalog.Schema) []catalog.Statement
	CreateSequence(s *catalog.Sequence) []catalog.Statement
	CreateView(v *catalog.View) []catalog.Statement
	// Drop and Truncate are for tables.
	Drop(n catalog.Name) catalog.Statement
	Truncate(n catalog.Name) catalog.Statement
}

// Dialected is a Target whose server decides what DDL it takes: its version, its flavour.
type Dialected interface {
	Dialect() Dialect
}

// Lowercaser is a Dialect whose server may keep all names in small letters, quoted or not.
type Lowercaser interface {
	Lowercases() bool
}
