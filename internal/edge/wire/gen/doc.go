// Command gen turns models of AWS services into the tables and Go types beside it.
//
//	go run ./internal/edge/wire/gen               # generate from the models kept here
//	go run ./internal/edge/wire/gen -trim DIR     # first take the served operations' shapes out of the full models in DIR
//
// The full models are the service descriptions that the AWS SDK for Python carries (botocore/data). What is kept in
// models/ is cut down to the operations named in operations.txt; adding an operation is adding its name there, and
// running with -trim once.
package main
