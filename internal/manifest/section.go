package manifest

import (
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// A section is a sort of resources in the file, and how the API makes, shows and changes one.
type section struct {
	name                     string // key in the file
	noun                     string
	create, describe, modify string // operations; modify may be empty
	identifier, arn          string // members
	filter, list             string // of describe
	made                     string // member of create's answer
	references               []reference
}

// A reference is a member of the file that names another resource by its identifier, and the member of the API that wants
// its ARN.
type reference struct{ member, arn, section string }

// Keys of the file.
const (
	instancesKey    = "ReplicationInstances"
	certificatesKey = "Certificates"
	endpointsKey    = "Endpoints"
	tasksKey        = "ReplicationTasks"
)

// startKey is what only the file has: whether the task is to be started.
const startKey = "Start"

// sections lists them in the order in which they are made.
func sections() []section {
	return []section{
		{
			name: instancesKey, noun: "replication instance", create: "CreateReplicationInstance", describe: "DescribeReplicationInstances", modify: "ModifyReplicationInstance",
			identifier: "ReplicationInstanceIdentifier", arn: "ReplicationInstanceArn", filter: "replication-instance-id", list: "ReplicationInstances", made: "ReplicationInstance",
		},
		{
			name: certificatesKey, noun: "certificate", create: "ImportCertificate", describe: "DescribeCertificates",
			identifier: "CertificateIdentifier", arn: "CertificateArn", filter: "certificate-id", list: "Certificates", made: "Certificate",
		},
		{
			name: endpointsKey, noun: "endpoint", create: "CreateEndpoint", describe: "DescribeEndpoints", modify: "ModifyEndpoint",
			identifier: "EndpointIdentifier", arn: "EndpointArn", filter: "endpoint-id", list: "Endpoints", made: "Endpoint",
			references: []reference{{"Certificate", "CertificateArn", certificatesKey}},
		},
		{
			name: tasksKey, noun: "replication task", create: "CreateReplicationTask", describe: "DescribeReplicationTasks", modify: "ModifyReplicationTask",
			identifier: "ReplicationTaskIdentifier", arn: "ReplicationTaskArn", filter: "replication-task-id", list: "ReplicationTasks", made: "ReplicationTask",
			references: []reference{
				{"ReplicationInstance", "ReplicationInstanceArn", instancesKey},
				{"SourceEndpoint", "SourceEndpointArn", endpointsKey},
				{"TargetEndpoint", "TargetEndpointArn", endpointsKey},
			},
		},
	}
}

// input is the shape of an operation's input.
func input(operation string) *wire.Shape {
	return &dmsapi.Service.Shapes[dmsapi.Service.Operation(operation).Input]
}

// memberOf finds a member of a shape.
func memberOf(shape *wire.Shape, name string) (*wire.Shape, bool) {
	for _, m := range shape.Members {
		if m.Name == name {
			return &dmsapi.Service.Shapes[m.Shape], true
		}
	}
	return nil, false
}

// references finds the reference that a member is.
func (s *section) reference(member string) (reference, bool) {
	for _, r := range s.references {
		if r.member == member {
			return r, true
		}
	}
	return reference{}, false
}
