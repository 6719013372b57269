// Package console_test drives the console as a person does: a browser without a window clicks through it, against the built
// program and real databases.
package console_test
