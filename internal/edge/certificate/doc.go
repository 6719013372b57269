// Package certificate gives the server its TLS certificate: from an authority of its own, made on first start and kept
// sealed in the store, or from the user's files, read again when they change.
package certificate
