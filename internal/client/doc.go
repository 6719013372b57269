// Package client makes signed calls to a server of ours, for the program's own commands: what they do, a script can do with
// any SDK.
package client
