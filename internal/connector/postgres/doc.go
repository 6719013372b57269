// Package postgres is the connector for PostgreSQL 15 to 18, as source and as target.
//
// # The catalog
//
// Inspect gathers what pg_dump would carry with --no-owner --no-acl, by set-based queries: their number does not grow
// with the number of tables. Everything is spelled under an empty search_path, so that every name outside pg_catalog
// is qualified; DDL must be run under an empty search_path too, and with check_function_bodies off (ddlSettings).
//
// Left out: system schemas, temporary objects, members of extensions (the extension brings them), Whimbrel's own
// awsdms_ tables. Owners, grants, tablespaces, large objects, security labels and the database's settings are not carried. What belongs to the
// selected schemas and cannot be carried (base types in C, publications, foreign tables, invalid indexes …) is an
// Object without DDL, whose Detail says why. Rows that were added to the tables of extensions stay behind.
//
// # Order
//
// Objects that depend on each other stand in Catalog.Objects in an order in which they can be created, each in the
// earliest stage that its dependencies allow; what belongs to one table (triggers, rules, policies, exclusion
// constraints, extended statistics) stands in Schema.Objects. A view that needs an object of the last stage is itself
// an Object of that stage. Views stand in their schemas in an order of creation; across schemas View.Needs tells, and
// Table.Needs does so for tables.
//
// Partitions are created as tables and then attached; so are the indexes of partitions (Objects of kind "index
// attach"), because only that keeps the names and the order of columns.
//
// Two knots are not untied: a composite type that contains a table's row type is made after the tables, so that no
// table can have a column of it; and a generated column cannot call a function that needs a table. Creating such a
// table fails with the server's error.
//
// # The rows
//
// Rows are read through one exported snapshot and binary COPY, by ranges of pages, and loaded through binary COPY in
// the transaction that also writes the journal. Both use connections of their own (type wire) that speak the
// protocol's frames themselves, so that a value costs no allocation and a relayed row no decoding. Types whose binary
// form is another on another server (composite types, arrays of user types, reg types, aclitem) make the whole stream
// text. Commits of loads are asynchronous; Journal.Close makes all of them durable.
//
// Rights: a source needs SELECT on the tables, a target those to create and fill them. With the right to set
// session_replication_role, triggers and foreign keys stay out of the way of the load.
package postgres
