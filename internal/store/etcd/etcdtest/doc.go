// Package etcdtest gives tests a store of their own: the embedded member that a server runs, not a stand-in.
package etcdtest
