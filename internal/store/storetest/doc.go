// Package storetest is what it means to be a store: every implementation passes Run. And it has stores in which transactions
// lose races, so that the tests of those who change things show what a closure that runs again leaves wrong.
package storetest
