// Package cloudtrail looks events up in the audit trail, as AWS CloudTrail does. The trail itself is package audit's.
package cloudtrail
