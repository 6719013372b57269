// Package pattern is the filter pattern language of CloudWatch Logs: words that must, may or must not be in a message, the
// members of messages that are JSON, and the fields of messages that are words between spaces.
package pattern
