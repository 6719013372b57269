// Package wire speaks the part of MySQL's client protocol that moves rows: text result sets read from the socket
// straight into the caller's hands, and LOAD DATA LOCAL fed from memory.
//
// Connecting and logging in is go-mysql's; from there on the socket is ours, because row packets must cost neither an
// allocation nor a second copy. Source of the layouts: MySQL internals manual, "Client/Server Protocol" (COM_QUERY
// response, text result set rows, LOCAL INFILE request), and MariaDB's page "Clientserver protocol".
//
// Neither DEPRECATE_EOF nor QUERY_ATTRIBUTES nor SESSION_TRACK is negotiated, so that MySQL and MariaDB answer alike.
package wire
