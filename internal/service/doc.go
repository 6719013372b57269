// Package service is the contract between the edge and the services behind it.
//
// A service (package service/sts, service/iam, …) is a list of operations, one file each. An operation says what it
// touches (Access) and does it (Do); both see Go values of the generated packages and a Call: who asks, from where, in
// which region. Neither sees HTTP. The edge authenticates, asks Access, has the checks decided, validates the input and
// only then calls Do. Errors that a caller shall see are wire.Errors; any other error is an internal failure: it is
// logged, and the caller learns a request id and nothing more.
package service
