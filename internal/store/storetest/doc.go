// Package storetest is what it means to be a store: every implementation passes Run.
package storetest
