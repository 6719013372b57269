// Package console serves the page in the browser. The page is a client of the public API like any other: it signs its calls
// itself, so that what is served here is the same few files for everyone, and holds nothing that is anyone's.
//
// The files in dist are built from the sources in the folder console at the top of the repository (tools/console.sh), and are
// part of the repository, so that Go alone builds the program.
package console
