// Package validate proves that the rows of a target are those of a source, or finds the rows that are not.
//
// A table is compared in two steps. First digests: the rows of a table are put into buckets, by ranges of an integer key or by a
// hash of the key, and each side gives a count and a digest for every bucket. Where a side's database can write all columns in
// a form that the other side has too (connector.Digester), the digest is computed there and one line for thousands of rows
// travels; otherwise the rows are read and digested here, after the task's transformation. Buckets that differ are cut
// smaller while that is cheap. Then the rows: those of the buckets left over are read on both sides and matched by key.
//
// A digest decides nothing but what needs no reading: equal digests mean equal rows, since forms are never coarser than the
// equality of values; unequal ones mean that rows are read. What is different is decided on values alone: the source's
// after conversion and transformation, as the load would have them, against what the target reads back, by a rule for each pair
// of types (rule.go): numbers without regard to scale, moments in UTC, fixed-width text without blanks at its end, JSON as
// documents. So a form that two engines do not write quite alike costs time, and never raises an alarm.
//
// Keys are matched by value, never by order, so that collations do not matter: a row that is found in one bucket on one side and in
// another on the other is matched in the end all the same. A key that the target holds twice is a difference. Tables without
// a key are compared as bags of rows.
//
// Each side is read in one snapshot. Rows that a program changes meanwhile differ, and rightly so: who follows changes checks
// what was found again, once the changes have been applied (Recheck).
package validate
