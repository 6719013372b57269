// Package cloudwatch is the API of Amazon CloudWatch over a local store of metrics: DMS's own, which package monitor
// measures, and those that callers put. Every alarm is evaluated; what it does goes to the webhooks that topics stand for.
package cloudwatch
