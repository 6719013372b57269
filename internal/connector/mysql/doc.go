// Package mysql connects MySQL 8 and MariaDB 10.6 and later, as source and as target. The tests run
// MariaDB, and MySQL 9.7 for changes; what else is said of MySQL is written from its manual and untested against the real
// system.
//
// # What is inspected
//
// Structure comes from information_schema in a fixed number of queries, however many tables there are. Only with
// connector.InspectOptions.Objects is every table asked for its SHOW CREATE TABLE: between servers of this family
// that text, not our fields, is what a table is made from, so that options nobody here has heard of arrive as well.
//
// The databases mysql, sys, information_schema, performance_schema and ndbinfo are left out, and so are tables named
// awsdms_… and the database awsdms_control.
//
// # How a table is written
//
// A table is created with its columns, primary key, checks and periods; secondary indexes follow the rows, all of a
// table in one ALTER TABLE (fulltext and spatial ones apart, InnoDB builds those one at a time), foreign keys after
// those. The primary key is always part of CREATE TABLE, because InnoDB keeps the rows in its order. A million rows
// with three secondary indexes took 3.6 s so, and 8.5 s with all indexes in place (Dialect.IndexesFirst).
//
// A table that comes from another engine is given the collation utf8mb4_nopad_bin (MariaDB) or utf8mb4_0900_bin
// (MySQL): PostgreSQL and SQLite tell "a" from "A" and "a" from "a ", and under a usual collation of this family two
// keys that differ there would collide. Dialect's zero value does not know which server it writes for and leaves
// the choice to the server, in comments that only one of the two executes.
//
// # Definers
//
// Views, triggers, routines and events are created without their DEFINER clause, so that they belong to the user who
// migrates: the source's definer need not exist at the target, and creating things for others takes a privilege that
// managed servers do not give. SQL SECURITY, sql_mode, the client's character set and collation and an event's time
// zone are kept.
//
// # Sessions
//
// inspect and describe set sql_mode and time_zone of the connection they use and set them back. DDL of this package expects the
// session of a bulk load: time_zone '+00:00' and explicit_defaults_for_timestamp on. The DDL of an object or a view
// is several statements, SET … CREATE … SET, that belong on one connection; when one of them fails the session is
// not set back. runDDL sees to that, and to triggers, which are created in their own database.
//
// # How rows are read
//
// Readers are sessions in START TRANSACTION WITH CONSISTENT SNAPSHOT, all begun while commits are held back (MariaDB:
// BACKUP STAGE BLOCK_COMMIT; MySQL: FLUSH TABLES WITH READ LOCK), which takes milliseconds and the RELOAD privilege.
// Without it they are begun again and again until MariaDB tells the same place in the binary log for all of them, and else
// while the tables that are read are locked (LOCK TABLES … READ), which always is the way on MySQL: a place in its log that has
// not moved proves nothing, since what is in the log need not be committed yet. One reader needs no lock, but on MySQL for its place. DDL on the source while it is read ends the reading of that table (error 1412).
//
// Rows come in the text protocol as UTF-8 and are decoded from the socket's buffer (package wire). FLOAT is read as
// DOUBLE, because the servers print it with six digits. Geometries are read in the internal form; well-known binary
// with a reference system other than 0 is written as PostGIS does (EWKB).
//
// Large tables are cut along the primary key, or a unique key without nulls: the boundaries are keys of the index,
// placed by the server, and sized by the optimizer's estimates. Segments are read in key order.
//
// # How rows are loaded
//
// By LOAD DATA LOCAL in the character set binary, columns of other sets than UTF-8 converted by an expression. The
// server turns errors of such a load into warnings; any warning fails the load, and what it would change without a
// warning (fractions of seconds, digits after the point in an integer, years of two digits) is refused before it is
// sent. In Careful mode, and where local_infile is off, rows go in by INSERT; careful ones under savepoints, which need
// a transactional storage engine. Unique checks stay on, foreign key checks are off.
//
// With innodb_autoinc_lock_mode 1, MariaDB's default, two LOAD DATA into one table with an AUTO_INCREMENT column wait
// for each other: load different tables at the same time.
//
// The value that an ENUM has for "none of the members" (index 0, printed as an empty string) cannot be loaded and is
// rejected. Big-endian well-known binary is rejected.
//
// # How changes are followed
//
// A stream reads the binary log over a connection of package wire, and package binlog takes the events apart where they
// lie; logColumn decodes values into vectors in the forms that Read delivers them in. Positions are file:offset and the
// GTIDs before it. A stream goes by file and offset where they are the server's own, else by GTID.
//
// Table maps name no columns unless binlog_row_metadata is FULL, so the structure is followed through the log: DDL is
// parsed (what the parser does not know, by its beginning), applied to the table as it is known, and compared with what
// the server says; rows whose types do not fit the table give it up. Character sets other than UTF-8 are converted by
// tables that the server itself has filled.
//
// The rows of an XA transaction are read again when it commits: see streamxa.go.
// Changes that foreign keys make are not in the log.
//
// # How changes are applied
//
// An apply session sends commands without waiting for the replies before them. On MariaDB sets go as bulk executions of
// prepared statements; else as statements with the values in them, several in a command. An update that brings whole rows
// of a table with one key is an INSERT … ON DUPLICATE KEY UPDATE, which takes half the time of an UPDATE: the reply tells
// how many rows were met, and when one was missing all is undone to a savepoint and done by UPDATE. Autocommit is off, so
// that what is on its way when a deadlock rolls the transaction back is rolled back too.
//
// Privileges: a source needs SELECT, and RELOAD (or LOCK TABLES) and REPLICATION CLIENT (MariaDB: BINLOG MONITOR) for several readers;
// a target CREATE, ALTER, DROP, INDEX, INSERT, UPDATE, DELETE, SELECT, and ALL on the database of the control tables.
package mysql
