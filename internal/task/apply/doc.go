// Package apply carries the changes of a source out on a target: a group of whole source transactions becomes one target
// transaction, with the position reached in it.
//
// What must never be false:
//   - Rows and checkpoint become durable together, so that after any interruption the changes go on exactly where they are.
//   - Whoever looks at the target sees a committed moment of the source: no transaction of it is ever seen in part.
//   - Changes of one row keep their order.
//   - A change is carried out, or handled by the error policy with its reason; none is dropped in silence.
//
// Within the one target transaction the order of different rows shows to nobody. So a group is first folded to its net
// effect, a table and an operation at a time, and carried out in sets. When the target refuses a set, or a row that was
// to be changed is not there, the transaction is rolled back and the changes are made again one by one in the order of
// the source, which finds the ones at fault.
package apply
