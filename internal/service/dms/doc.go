// Package dms is AWS Database Migration Service: replication instances, endpoints, connections and tasks, with their tags
// and events (DMS API reference, version 2016-01-01).
//
// A call writes what is wanted into the store and answers; the controllers make it so and write what is. Whoever reads
// the records alone can go on after a crash at any point:
//
//   - records.go says what is kept, find.go how it is found, refer.go what keeps what from being deleted;
//   - access.go asks the table of actions what a call touches;
//   - controller.go and its files bring about what the records say: on one server at a time (controller_role.go), from
//     changes of the store (controller_follow.go) and reports of instances (controller_reports.go, live.go), one record and
//     one step at a time (queue.go);
//   - each operation has a file of its own; the lists of operations stand in instances.go, endpoints.go, tasks.go and events.go.
//
// What moves rows is behind the interface Host: the processes of replication instances (package instance).
package dms
