package s3

import "errors"

var (
	errNoKeys = errors.New("there is no access key to log in to the store with")
	errEnded  = errors.New("the load has ended")
)
