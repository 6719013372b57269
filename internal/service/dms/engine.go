package dms

import (
	"slices"
	"strings"
)

// An engine is a sort of databases as DMS names it.
type engine struct {
	name, display  string
	source, target bool
	document       string // the member with its settings: PostgreSQLSettings
	scheme         string // of package connector's URLs
	port           int64
	needsDatabase  bool
	file           bool // a file of this machine: no server, no user
	bucket         bool // objects of a store: no server, no user, no database
	staged         bool // a server that is given its rows through a bucket
	settings       []setting
}

// engines are those that Whimbrel reaches.
var engines = []engine{
	{name: "aurora", display: "Amazon Aurora MySQL", source: true, target: true, document: "MySQLSettings", scheme: "mysql", port: 3306, settings: mysqlSettings},
	{name: "aurora-postgresql", display: "Amazon Aurora PostgreSQL", source: true, target: true, document: "PostgreSQLSettings", scheme: "postgres", port: 5432, needsDatabase: true, settings: postgresSettings},
	{name: "aurora-postgresql-serverless", display: "Amazon Aurora PostgreSQL Serverless", target: true, document: "PostgreSQLSettings", scheme: "postgres", port: 5432, needsDatabase: true, settings: postgresSettings},
	{name: "aurora-serverless", display: "Amazon Aurora MySQL Serverless", target: true, document: "MySQLSettings", scheme: "mysql", port: 3306, settings: mysqlSettings},
	{name: "gcp-mysql", display: "Google Cloud SQL for MySQL", source: true, target: true, document: "GcpMySQLSettings", scheme: "mysql", port: 3306, settings: mysqlSettings},
	{name: "mariadb", display: "MariaDB", source: true, target: true, document: "MySQLSettings", scheme: "mariadb", port: 3306, settings: mysqlSettings},
	{name: "mysql", display: "MySQL", source: true, target: true, document: "MySQLSettings", scheme: "mysql", port: 3306, settings: mysqlSettings},
	{name: "postgres", display: "PostgreSQL", source: true, target: true, document: "PostgreSQLSettings", scheme: "postgres", port: 5432, needsDatabase: true, settings: postgresSettings},
	{name: "redshift", display: "Amazon Redshift", target: true, document: "RedshiftSettings", scheme: "redshift", port: 5439, needsDatabase: true, staged: true, settings: redshiftSettings},
	{name: "s3", display: "Amazon S3", source: true, target: true, document: "S3Settings", scheme: "s3", bucket: true, settings: s3Settings},
	{name: "sqlite", display: "SQLite", source: true, target: true, scheme: "sqlite", needsDatabase: true, file: true},
}

// unbuilt are the engines of DMS that Whimbrel does not reach.
var unbuilt = []string{
	"azure-sql-managed-instance", "azuredb", "babelfish", "db2", "db2-zos", "dms-transfer", "docdb", "dynamodb", "elasticsearch", "kafka",
	"kinesis", "lakehouse", "mongodb", "neptune", "opensearch", "oracle", "redis", "redshift-serverless", "sqlserver",
	"sybase", "timestream",
}

// engineOf finds an engine by its name, which is written in small letters.
func engineOf(name string) (*engine, error) {
	for i := range engines {
		if engines[i].name == name {
			return &engines[i], nil
		}
	}
	if slices.Contains(unbuilt, name) {
		return nil, invalidValue("Engine %s is one of DMS that this server does not reach yet. It reaches %s.", name, strings.Join(engineNames(), ", "))
	}
	return nil, invalidValue("Invalid engine name: %s", name)
}

func engineNames() []string {
	names := make([]string, len(engines))
	for i := range engines {
		names[i] = engines[i].name
	}
	return names
}

// The ends of a migration, as EndpointType names them.
const (
	asSource = "source"
	asTarget = "target"
)

// at refuses an end that the engine cannot be.
func (e *engine) at(end string) error {
	switch {
	case end != asSource && end != asTarget:
		return invalidValue("Invalid EndpointType: %s is neither source nor target.", end)
	case end == asSource && !e.source, end == asTarget && !e.target:
		return invalidValue("Engine %s cannot be a %s.", e.name, end)
	}
	return nil
}

// setting finds a setting of one end by any of its names, in letters large or small.
func (e *engine) setting(end, name string) *setting {
	for i := range e.settings {
		s := &e.settings[i]
		if s.of(e, end) && s.named(name) {
			return s
		}
	}
	return nil
}

// names lists the settings that an endpoint may have, for messages.
func (e *engine) names(end string) string {
	var names []string
	for i := range e.settings {
		if s := &e.settings[i]; s.of(e, end) && s.supported() {
			names = append(names, s.name)
		}
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}
