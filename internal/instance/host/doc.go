// Package host keeps the processes of replication instances: children of this one, each with the processors and the memory
// of its class and a directory of its own (package keep). One that ends by itself is started again, after a wait that grows
// with its failures; one that does not answer any more is ended first. Children end when this process does, whatever way it
// ends: they see their standard input close, and on Linux the kernel ends them as well.
//
// Nothing secret goes to a child by its command line or environment, and nothing of ours by its environment: what it needs
// of the databases travels over its socket.
package host
