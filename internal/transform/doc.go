// Package transform changes the rows of one table on their way, as its plan says: added columns with expressions,
// changed data types, masks, limits on large objects, and the character settings of the task.
//
// It works on whole batches in place: columns that nothing touches are moved, not copied, and those in the Native
// layout are never looked into. Rows that cannot be changed as asked are reported and taken out.
//
// The order for one column is: characters, LOB limit, then expression or changed type, then masks.
package transform
