package connector

import "fmt"

// Claimed is the error of Exclusive.Claim when another process holds the run. holder names its session as the server does,
// and end is the statement that ends it.
func Claimed(holder, end string) error {
	return &Error{
		Class:  Busy,
		Err:    fmt.Errorf("the same migration is running already (%s of the target)", holder),
		Remedy: "wait for it or interrupt it; if its machine is gone, the server ends its session within a minute, or run " + end,
	}
}
