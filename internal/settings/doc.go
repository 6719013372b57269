// Package settings reads task settings, the JSON document (ReplicationTaskSettings) that says how a task works. There
// is one file per section; a field's name is its JSON key, and its tags say what it may hold:
//
//	range:"0..49"     lowest and highest value; "1.." has no upper bound
//	enum:"A,B"        the words allowed
//	later:"feature"   nothing can honour it yet: any value but the default is refused by Check
//	absent:"reason"   there is nothing here that it could set: refused likewise
//	rests:"Flag"      the key says nothing while the flag beside it is false, and is not refused then
//	stored:"0"        a value that AWS stores for the untouched default, accepted by Check as well
//	unused:"reason"   accepted and without effect
//
// Documents may be partial: they are merged over a set of defaults.
//
// Source of the keys: AWS DMS user guide, "Specifying task settings for AWS Database Migration Service tasks"
// (CHAP_Tasks.CustomizingTasks.TaskSettings and its sub-pages).
package settings
