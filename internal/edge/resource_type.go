package edge

import "strings"

// resourceTypes are what CloudTrail calls the resources of a service, by how their ARNs begin behind the account. They are the names of
// AWS CloudFormation's registry, which LookupEvents takes for its attribute ResourceType (CloudTrail API reference, LookupAttribute).
var resourceTypes = map[string]map[string]string{
	"cloudwatch": {"alarm": "AWS::CloudWatch::Alarm", "dashboard": "AWS::CloudWatch::Dashboard"},
	"dms": {
		"cert": "AWS::DMS::Certificate", "data-migration": "AWS::DMS::DataMigration", "data-provider": "AWS::DMS::DataProvider", "endpoint": "AWS::DMS::Endpoint",
		"es": "AWS::DMS::EventSubscription", "instance-profile": "AWS::DMS::InstanceProfile", "migration-project": "AWS::DMS::MigrationProject",
		"rep": "AWS::DMS::ReplicationInstance", "replication-config": "AWS::DMS::ReplicationConfig", "subgrp": "AWS::DMS::ReplicationSubnetGroup",
		"task": "AWS::DMS::ReplicationTask", "assessment-run": "AWS::DMS::ReplicationTaskAssessmentRun",
	},
	"ec2": {
		"internet-gateway": "AWS::EC2::InternetGateway", "network-interface": "AWS::EC2::NetworkInterface", "security-group": "AWS::EC2::SecurityGroup",
		"security-group-rule": "AWS::EC2::SecurityGroupRule", "subnet": "AWS::EC2::Subnet", "vpc": "AWS::EC2::VPC", "vpc-endpoint": "AWS::EC2::VPCEndpoint",
	},
	"iam": {
		"group": "AWS::IAM::Group", "instance-profile": "AWS::IAM::InstanceProfile", "mfa": "AWS::IAM::VirtualMFADevice", "oidc-provider": "AWS::IAM::OIDCProvider",
		"policy": "AWS::IAM::Policy", "role": "AWS::IAM::Role", "user": "AWS::IAM::User",
	},
	"kms":            {"alias": "AWS::KMS::Alias", "key": "AWS::KMS::Key"},
	"logs":           {"log-group": "AWS::Logs::LogGroup"},
	"redshift":       {"cluster": "AWS::Redshift::Cluster", "parametergroup": "AWS::Redshift::ClusterParameterGroup"},
	"secretsmanager": {"secret": "AWS::SecretsManager::Secret"},
}

// resourceType is the type of what an ARN names, empty if it has none.
func resourceType(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return ""
	}
	kind := parts[5]
	if at := strings.IndexAny(kind, ":/"); at >= 0 {
		kind = kind[:at]
	}
	if kind == "log-group" && strings.Contains(parts[5], ":log-stream:") {
		return "AWS::Logs::LogStream"
	}
	return resourceTypes[parts[2]][kind]
}
