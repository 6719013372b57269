// Package server puts the service together: the store, the identities, the edge and the services behind it, in the order
// in which they need each other, and takes it apart again.
//
// A data directory holds all of a server's state: etcd/ (the store), root.key (what seals every secret in it), audit/ (the
// trail), instances/ (what replication instances keep, see package keep), credentials (the first administrator's key), ca.pem
// (what clients trust), lock and control.sock (of the running process).
package server
