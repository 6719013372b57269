// Package secretsmanager answers the API of AWS Secrets Manager: secrets, their versions and stages, resource policies,
// and recovery within a window. Every value is sealed under a KMS key before it is stored: the one that the secret
// names, or alias/aws/secretsmanager. A key that is disabled makes its secrets unreadable.
//
// Rotation by a function, replication to other regions and managed external secrets are refused by name.
package secretsmanager
