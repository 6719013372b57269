package action

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var here = Scope{"aws", "us-east-1", "111122223333"}

func load(t *testing.T) *Table {
	t.Helper()
	table, err := Load()
	require.NoError(t, err)
	return table
}

// arn makes the ARN of a resource of DMS.
func arn(resource string) string { return "arn:aws:dms:us-east-1:111122223333:" + resource }

func TestTableHasEveryOperation(t *testing.T) {
	table := load(t)
	require.Len(t, table.operations, 119)
	require.Len(t, table.Actions(), 125)
	other := 0
	for name, o := range table.operations {
		if o.action != "dms:"+name {
			other++
		}
		require.True(t, table.Known(o.action))
	}
	require.Equal(t, 14, other)
	require.True(t, table.Known("DMS:getmetadatamodel"))
	require.False(t, table.Known("dms:DescribeDataProviders"))
	a, ok := table.Action("ModifyMigrationProject")
	require.True(t, ok)
	require.Equal(t, "dms:UpdateMigrationProject", a)
	_, ok = table.Action("Nothing")
	require.False(t, ok)
}

func TestTouches(t *testing.T) {
	table := load(t)
	role := "arn:aws:iam::111122223333:role/r"
	for name, c := range map[string]struct {
		operation string
		input     map[string]any
		want      []string
	}{
		"no resource":             {"DescribeEndpoints", nil, []string{"dms:DescribeEndpoints *"}},
		"one":                     {"StartReplicationTask", map[string]any{"ReplicationTaskArn": arn("task:T1")}, []string{"dms:StartReplicationTask " + arn("task:T1")}},
		"not named":               {"StartReplicationTask", nil, []string{"dms:StartReplicationTask " + arn("task:*")}},
		"garbage":                 {"StartReplicationTask", map[string]any{"ReplicationTaskArn": "T1"}, []string{"dms:StartReplicationTask " + arn("task:*")}},
		"several":                 {"CreateReplicationTask", map[string]any{"SourceEndpointArn": arn("endpoint:S"), "TargetEndpointArn": arn("endpoint:T"), "ReplicationInstanceArn": arn("rep:R")}, []string{"dms:CreateReplicationTask " + arn("endpoint:S"), "dms:CreateReplicationTask " + arn("endpoint:T"), "dms:CreateReplicationTask " + arn("rep:R")}},
		"twice the same":          {"CreateReplicationConfig", map[string]any{"SourceEndpointArn": arn("endpoint:S"), "TargetEndpointArn": arn("endpoint:S")}, []string{"dms:CreateReplicationConfig " + arn("endpoint:S")}},
		"move":                    {"MoveReplicationTask", map[string]any{"TargetReplicationInstanceArn": arn("rep:R"), "ReplicationTaskArn": arn("task:T")}, []string{"dms:MoveReplicationTask " + arn("rep:R"), "dms:MoveReplicationTask " + arn("task:T")}},
		"optional named":          {"ModifyEndpoint", map[string]any{"EndpointArn": arn("endpoint:E"), "CertificateArn": arn("cert:C")}, []string{"dms:ModifyEndpoint " + arn("cert:C"), "dms:ModifyEndpoint " + arn("endpoint:E")}},
		"optional absent":         {"ModifyEndpoint", map[string]any{"EndpointArn": arn("endpoint:E")}, []string{"dms:ModifyEndpoint " + arn("endpoint:E")}},
		"only optional":           {"DescribeApplicableIndividualAssessments", nil, []string{"dms:DescribeApplicableIndividualAssessments *"}},
		"made":                    {"CreateEndpoint", map[string]any{"EndpointIdentifier": "e1"}, []string{"dms:CreateEndpoint " + arn("endpoint:*")}},
		"made with a chosen name": {"CreateEndpoint", map[string]any{"EndpointIdentifier": "e1", "ResourceIdentifier": "my-e"}, []string{"dms:CreateEndpoint " + arn("endpoint:my-e")}},
		"made, known by name":     {"CreateReplicationSubnetGroup", map[string]any{"ReplicationSubnetGroupIdentifier": "My-Group"}, []string{"dms:CreateReplicationSubnetGroup " + arn("subgrp:my-group")}},
		"event subscription":      {"DeleteEventSubscription", map[string]any{"SubscriptionName": "Mine"}, []string{"dms:DeleteEventSubscription " + arn("es:Mine")}},
		"short name":              {"StartMetadataModelCreation", map[string]any{"MigrationProjectIdentifier": "p1"}, []string{"dms:StartMetadataModelCreation " + arn("migration-project:*")}},
		"action of another name":  {"DescribeDataProviders", nil, []string{"dms:ListDataProviders *"}},
		"any type":                {"AddTagsToResource", map[string]any{"ResourceArn": arn("es:Mine")}, []string{"dms:AddTagsToResource " + arn("es:Mine")}},
		"any types":               {"ListTagsForResource", map[string]any{"ResourceArnList": []string{arn("es:Mine"), arn("task:T")}}, []string{"dms:ListTagsForResource " + arn("es:Mine"), "dms:ListTagsForResource " + arn("task:T")}},
		"in lists": {"CreateMigrationProject", map[string]any{
			"SourceDataProviderDescriptors": []any{map[string]any{"DataProviderIdentifier": arn("data-provider:A"), "SecretsManagerAccessRoleArn": role}},
			"TargetDataProviderDescriptors": []any{map[string]any{"DataProviderIdentifier": "b"}}, "InstanceProfileIdentifier": arn("instance-profile:I")},
			[]string{"dms:CreateMigrationProject " + arn("data-provider:A"), "dms:CreateMigrationProject " + arn("data-provider:*"), "dms:CreateMigrationProject " + arn("instance-profile:I"), "iam:PassRole " + role}},
		"tags on create": {"CreateReplicationTask", map[string]any{"SourceEndpointArn": arn("endpoint:S"), "TargetEndpointArn": arn("endpoint:S"), "ReplicationInstanceArn": arn("rep:R"), "Tags": []any{map[string]any{"Key": "a", "Value": "b"}}},
			[]string{"dms:CreateReplicationTask " + arn("endpoint:S"), "dms:CreateReplicationTask " + arn("rep:R"), "dms:AddTagsToResource " + arn("task:*")}},
		"roles": {"CreateEndpoint", map[string]any{"ServiceAccessRoleArn": role + "1", "S3Settings": map[string]any{"ServiceAccessRoleArn": role + "2"},
			"OracleSettings":            map[string]any{"SecretsManagerOracleAsmAccessRoleArn": role + "3", "SecretsManagerAccessRoleArn": role + "1"},
			"ExtraConnectionAttributes": "bucketName=b; serviceAccessRoleARN = " + role + "4;x=y"},
			[]string{"dms:CreateEndpoint " + arn("endpoint:*"), "iam:PassRole " + role + "1", "iam:PassRole " + role + "2", "iam:PassRole " + role + "3", "iam:PassRole " + role + "4"}},
		"kerberos": {"ModifyReplicationInstance", map[string]any{"ReplicationInstanceArn": arn("rep:R"), "KerberosAuthenticationSettings": map[string]any{"KeyCacheSecretIamArn": role}},
			[]string{"dms:ModifyReplicationInstance " + arn("rep:R"), "iam:PassRole " + role}},
	} {
		t.Run(name, func(t *testing.T) {
			touches, err := table.Touches(c.operation, c.input, here)
			require.NoError(t, err)
			var got []string
			for _, touch := range touches {
				got = append(got, touch.Action+" "+touch.Resource)
			}
			require.Equal(t, c.want, got)
		})
	}
	_, err := table.Touches("Nothing", nil, here)
	require.Error(t, err)
}

type tag struct{ Key, Value *string }

type createInstance struct {
	ReplicationInstanceIdentifier    *string
	ReplicationInstanceClass         *string
	AllocatedStorage                 *int64
	ReplicationSubnetGroupIdentifier *string
	Tags                             []tag
	ResourceIdentifier               *string
}

func TestKeys(t *testing.T) {
	table := load(t)
	touches, err := table.Touches("CreateReplicationInstance", &createInstance{
		ReplicationInstanceIdentifier: new("r1"), ReplicationInstanceClass: new("dms.t3.micro"), AllocatedStorage: new(int64(50)),
		ReplicationSubnetGroupIdentifier: new("G"), Tags: []tag{{new("stage"), new("test")}, {new("owner"), nil}},
	}, here)
	require.NoError(t, err)
	require.Len(t, touches, 3)
	sent := map[string][]string{
		"aws:RequestTag/stage": {"test"}, "aws:RequestTag/owner": {""}, "dms:req-tag/stage": {"test"}, "dms:req-tag/owner": {""},
		"aws:TagKeys": {"owner", "stage"}, "dms:InstanceClass": {"dms.t3.micro"}, "dms:StorageSize": {"50"},
	}
	own := map[string][]string{"aws:ResourceTag/stage": {"test"}, "aws:ResourceTag/owner": {""}, "dms:rep-tag/stage": {"test"}, "dms:rep-tag/owner": {""}}
	for k, v := range sent {
		own[k] = v
	}
	require.Equal(t, Touch{"dms:CreateReplicationInstance", arn("rep:*"), own, true}, touches[0])
	require.Equal(t, Touch{"dms:CreateReplicationInstance", arn("subgrp:g"), sent, false}, touches[1])
	require.Equal(t, Touch{"dms:AddTagsToResource", arn("rep:*"), own, true}, touches[2])

	touches, err = table.Touches("RemoveTagsFromResource", map[string]any{"ResourceArn": arn("task:T"), "TagKeys": []string{"b", "a"}}, here)
	require.NoError(t, err)
	require.Equal(t, []Touch{{"dms:RemoveTagsFromResource", arn("task:T"), map[string][]string{"aws:TagKeys": {"a", "b"}}, false}}, touches)

	touches, err = table.Touches("CreateEndpoint", map[string]any{"ServiceAccessRoleArn": "arn:aws:iam::1:role/r"}, here)
	require.NoError(t, err)
	require.Equal(t, map[string][]string{"iam:PassedToService": {"dms.amazonaws.com"}}, touches[1].Keys)
}

func TestTagKeysOfTypes(t *testing.T) {
	for typ, key := range map[string]string{"rep:R": "rep", "es:x": "es", "cert:C": "cert", "task:T": "task", "subgrp:g": "subgrp", "endpoint:E": "endpoint", "assessment-run:A": "assessment-run"} {
		require.Equal(t, map[string][]string{"aws:ResourceTag/a": {"1"}, "dms:" + key + "-tag/a": {"1"}}, TagKeys(arn(typ), map[string]string{"a": "1"}))
	}
	require.Equal(t, map[string][]string{"aws:ResourceTag/a": {"1"}}, TagKeys("arn:aws:kms:us-east-1:1:key/k", map[string]string{"a": "1"}))
}

func TestBrokenTables(t *testing.T) {
	for text, want := range map[string]string{
		"A =\n":                 "line 1: \"A =\\n\" has too few fields",
		"\nA = R Nothing=Arn\n": "line 2: Nothing is no type of resource",
		"A = R tags>Nothing\n":  "line 1: Nothing is no type",
		"A = R\nA = W\n":        "line 2: operation A stands there twice",
	} {
		_, err := parse(text)
		require.ErrorContains(t, err, want)
	}
}

// TestEveryOperationAnswers asks for every operation with an empty input and with a strange one.
func TestEveryOperationAnswers(t *testing.T) {
	table := load(t)
	for name := range table.operations {
		for _, in := range []any{nil, map[string]any{}, (*createInstance)(nil), &createInstance{}, map[string]any{"Tags": 1, "EndpointArn": []any{nil, map[string]any{"x": 1}}, "ReplicationTaskArn": 3}, "text", 7} {
			touches, err := table.Touches(name, in, here)
			require.NoError(t, err, name)
			require.NotEmpty(t, touches, name)
			for _, touch := range touches {
				require.True(t, touch.Resource == "*" || strings.HasPrefix(touch.Resource, "arn:aws:dms:"), fmt.Sprint(name, touch))
			}
		}
	}
	require.True(t, slices.IsSorted(table.Actions()))
}
