// Package wire describes the AWS services that are served and speaks their protocols.
//
// A Service is a table made by the generator (package gen) from the service's model: its shapes with their
// constraints and its operations with their errors. The generated packages beside this one (stsapi, iamapi, …) hold the
// tables and the Go types of inputs and outputs. One codec for each protocol (AWS JSON, Query, EC2 Query, RPC v2 CBOR)
// serves all services by walking a table and a value together; Validate checks an input against its table and words
// violations as AWS does. Nobody writes a shape by hand.
//
// Generated structures have a field for every member, in the order of Shape.Members: pointers for scalars and
// structures, slices for lists and blobs, maps for maps. nil is "not sent".
//
// What comes in is bounded: see Limits. The package knows nothing of HTTP, of who calls, or of what an operation does.
package wire
