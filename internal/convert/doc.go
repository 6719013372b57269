// Package convert turns the catalog of a source and a mapping plan into the catalog of the target: every table, key,
// index, constraint, sequence, view and object in the target's own spelling, and a report of what could not go along
// or had to change, by name and with the reason.
//
// Between engines of one family the engine's own texts are kept word for word wherever nothing they mention was
// renamed or removed; where something was, its name is replaced in the text when that is safe, and otherwise the part
// is built from what the catalog knows of it, or reported. Between unlike engines types come from package typemap, and
// expressions are carried when they are made of what means the same on both sides.
//
// The work is pure and its result depends on its input alone: nothing is looked up anywhere.
package convert
