// Package change holds the nouns of moving data: batches of rows in columns, their vectors, and rows that could
// not go. It does no I/O and knows no database.
//
// A Batch is columnar: one Vector per column, each holding its values in one flat buffer, so that a value costs no
// allocation and no interface. A Layout says how a vector's values are held. Values of like engines may travel as
// Native, the engine family's own bytes, undecoded.
package change
