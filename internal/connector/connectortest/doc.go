// Package connectortest is the definition of a connector that can be followed and that takes changes: one suite of tests
// which every engine runs against its own real servers.
//
// A test of an engine fills in a Suite (how to get fresh databases, which tables, what SQL) and calls Run. What must hold:
//   - Capture's snapshot and the stream after its Position meet exactly, whatever is written meanwhile.
//   - Whole transactions in the order of their commits; nothing of those that were rolled back.
//   - From any position delivered, a new stream delivers exactly what follows it.
//   - Applied through the engine's own session, the changes make the target equal to the source, row by row.
//   - Rows and checkpoint are committed together.
package connectortest
