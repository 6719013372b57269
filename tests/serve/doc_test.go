// Package serve_test drives the built program as its users do: with the stock aws command, boto3, the Go and JavaScript
// SDKs, and with requests that no client would send.
package serve_test
