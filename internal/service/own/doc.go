// Package own is the service "whimbrel": what AWS has no operation for, in the same wire form, signed and authorized like
// the rest, with actions whimbrel:….
package own
