package catalog

// Catalog is what one database (or MySQL server) holds, system schemas and Whimbrel's own objects left out.
type Catalog struct {
	Family  Family
	Engine  string // DMS engine name: postgres, mysql, mariadb, sqlite
	Version string // as the server prints it
	// Database is the database the connection is in: PostgreSQL's database, MySQL's default database (may be
	// empty), the SQLite file's base name without extension.
	Database string
	Schemas  []*Schema
	// Objects are things outside any schema (extensions, casts, event triggers), and things whose place in the
	// order of creation matters across schemas.
	Objects []Object
}

// Schema is a PostgreSQL schema, a MySQL database, or SQLite's "main".
type Schema struct {
	Name      string
	Comment   string
	Charset   string // MySQL
	Collation string // MySQL
	Tables    []*Table
	Views     []*View
	Sequences []*Sequence
	Objects   []Object
	Empty     bool // of a plan: no table goes into it, so that the others can do without it
}

// Schema returns the schema of that name, or nil.
func (c *Catalog) Schema(name string) *Schema {
	for _, s := range c.Schemas {
		if s.Name == name {
			return s
		}
	}
	return nil
}

// Table returns the table of that name, or nil.
func (c *Catalog) Table(n Name) *Table {
	s := c.Schema(n.Schema)
	if s == nil {
		return nil
	}
	for _, t := range s.Tables {
		if t.Name.Name == n.Name {
			return t
		}
	}
	return nil
}

// Stage says when an Object is created, relative to tables and rows.
type Stage uint8

// The stages, in order.
const (
	BeforeTables Stage = iota // types, functions that defaults need
	AfterTables               // after all tables exist, before rows
	AfterLoad                 // after rows, indexes and keys
	AtEnd                     // after views and foreign keys: triggers, rules, policies, events, grants on nothing
)

// Object is something only its own family can take, as the DDL its engine would write. Within a stage objects are
// created in the order the catalog lists them.
type Object struct {
	Kind   string // "extension", "type", "function", "trigger", "policy" …
	Name   Name
	Table  string // the table it belongs to, if any (in Name.Schema)
	Stage  Stage
	DDL    []string
	Needs  []Name // tables and views it refers to, as far as the engine records it
	Within string // the schema that an extension puts its members into, which need hold nothing else
	Detail string // one line for a report: a signature, an event; of what has no DDL why it does not go along
	// ByHand is, of an attribute that no migration carries, what whoever wants it has to do: a statement where there is one.
	ByHand string
}
