// Package cdc follows the changes of a source and hands them over to be applied: stream → filter → transform → fold →
// apply, with the position in every target transaction.
//
// Two goroutines share the work: one reads the stream and prepares groups, the other applies them. A fixed number of
// groups goes round between them, so a slow target holds the stream back, and memory is bounded.
//
// When either end is lost, both are opened anew and the stream goes on behind the last checkpoint in the target: what
// was under way was rolled back with its transaction.
package cdc
