// Package bucket writes reports where people look for them: into the buckets of an S3-compatible store, by AWS's SDK, or
// into folders of this machine that stand for buckets.
package bucket
