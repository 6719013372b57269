// Package audit keeps the trail of every call: one record each, shaped as CloudTrail's, in files of JSON lines that are
// rotated. Lookup reads them back, the newest first.
//
// A record says who did what to which resources, from where, and whether it was allowed or why not. It never holds a
// secret: the edge masks what the services' models call sensitive before a record is made.
package audit
