// Package demo makes the sample shop that `whimbrel demo` moves, and the checksums that prove that it has arrived.
//
// Both go through database/sql and know nothing of the connectors, so that the proof does not rest on what it proves.
// The shop is the same in every run with the same options, byte for byte in its rows.
package demo
