// Package worker is what the process of a replication instance runs: it tests connections and runs tasks, each under a
// context of its own, and answers at the socket in its directory. It keeps on disk what must outlive it: how attempts have
// ended, the statistics of tables, logs. Passwords are not among that: after a restart the control plane says again what
// is to run.
//
// A task that meets a fault in the program fails alone (package rescue). Its buffers are a share of the instance's memory,
// given out when it begins.
package worker
