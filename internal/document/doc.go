// Package document reads the JSON documents that people hand to Whimbrel (table mappings, task settings) strictly: every
// value knows where it stands, unknown and doubled keys are errors, and all that is wrong is reported, not the first
// thing alone.
package document
