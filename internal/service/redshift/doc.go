// Package redshift tells of the Amazon Redshift clusters that the administrator has registered, in the words of the redshift API, and keeps
// which IAM roles they have. Clusters are neither made nor changed: what is registered is a fact that stands in a file.
//
// Roles do one thing here: an endpoint whose server is a registered cluster may name in COPY only a role that the cluster has.
package redshift
