package catalog

// Name is a schema-qualified name, unquoted and in the case the engine stores. SQLite's one schema is "main".
type Name struct{ Schema, Name string }

// String joins the parts with a dot, unquoted: for people and logs, never for SQL.
func (n Name) String() string {
	if n.Schema == "" {
		return n.Name
	}
	return n.Schema + "." + n.Name
}

// Family names engines that understand each other's DDL and values.
type Family string

// The families.
const (
	PostgreSQL Family = "postgresql"
	MySQL      Family = "mysql" // MySQL and MariaDB
	SQLite     Family = "sqlite"
	Lake       Family = "lake" // files in a store: S3
	Redshift   Family = "redshift"
)
