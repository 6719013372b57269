// Package instance is what the control plane and a replication instance say to each other. An instance is a process of
// this program that tests connections and runs tasks; package host starts such processes and keeps them, package worker
// is what they run.
//
// They speak JSON over HTTP on a Unix socket in the instance's directory, which nobody but its owner may enter. Passwords
// travel on it and are kept nowhere: after a restart of either side the control plane says again what is to run.
package instance
