// Package connector is the contract between the engine and the databases it moves: a Source is inspected and read
// through a Snapshot, a Target is described and loaded, a Dialect writes DDL. The core knows databases through these
// interfaces alone; a connector knows nothing of tasks, of the API or of another connector.
//
// Rules that hold for every method here:
//   - It returns soon after its context ends, with an error that wraps context.Cause(ctx).
//   - Its errors are *Error values (possibly wrapped) wherever their class matters to the caller.
//   - It never puts a password into an error or a log.
//   - Source, Snapshot and Target may be used by many goroutines at once; a Loader by one.
package connector
