// Package fullload moves the rows of many tables from one snapshot into a target: segments of all tables in one queue,
// a fixed number of workers, the largest first.
//
// What must never be false:
//   - The rows of a segment and the journal's mark of it become durable in one transaction, so that a segment is
//     loaded once or not at all, whenever the process ends.
//   - A row reaches the target, or is rejected by the error policy and parked with its reason before the segment's
//     mark is set. None is dropped in silence.
//   - Memory is bounded by the workers: each holds a fixed number of batches.
//
// A segment is first loaded the fast way: raw where both ends speak the same bytes, else in batches, and any row the
// server refuses fails it. It is then read once more and loaded carefully, which finds the refused rows.
package fullload
