// Package socket is how the two ends of a replication instance's socket speak: each call is one POST with a JSON body, over
// HTTP. The directory of the socket keeps everyone but its owner out; nothing else stands before it.
package socket
