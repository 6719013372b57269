// Package rescue turns a panic into an error, so that one task that meets a fault in the program fails alone, and the other
// tasks of its process go on.
package rescue
