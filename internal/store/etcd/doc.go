// Package etcd keeps the control plane's state in etcd: in a member embedded in this process (Embed), or in a cluster that
// runs already (Dial).
//
// The embedded member listens on nothing: it is spoken to within the process.
package etcd
