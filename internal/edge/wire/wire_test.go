package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/redshiftapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/stsapi"
)

func ptr[T any](v T) *T { return &v }

func TestJSONInputIsReadByItsModel(t *testing.T) {
	op := dmsapi.Service.Operation("CreateEndpoint")
	var in dmsapi.CreateEndpointMessage
	body := `{"EndpointIdentifier":"shop","Port":5432,"Password":"s3cret","Unknown":{"a":[1,{"b":null}]},
		"Tags":[{"Key":"team","Value":"data"},{"Key":"x"}],"KafkaSettings":{"Broker":"k:9092","IncludeTransactionDetails":true},"SslMode":null}`
	require.NoError(t, dmsapi.Service.DecodeJSON(op, []byte(body), &in))
	require.Equal(t, dmsapi.CreateEndpointMessage{
		EndpointIdentifier: ptr("shop"), Port: ptr(int64(5432)), Password: ptr("s3cret"),
		Tags:          []dmsapi.Tag{{Key: ptr("team"), Value: ptr("data")}, {Key: ptr("x")}},
		KafkaSettings: &dmsapi.KafkaSettings{Broker: ptr("k:9092"), IncludeTransactionDetails: ptr(true)},
	}, in)

	shown := string(dmsapi.Service.AppendAudit(nil, op.Input, &in))
	require.NotContains(t, shown, "s3cret")
	require.Contains(t, shown, `"endpointIdentifier":"shop"`)
	require.Contains(t, shown, `"password":"***"`)

	for attributes, want := range map[string]string{
		"heartbeatEnable=true;password=s3cret;x=y":                 "heartbeatEnable=true;password=***;x=y",
		`asm_password="s3cret;s3cret";SecretsManagerSecretId=shop`: "asm_password=***;SecretsManagerSecretId=shop",
		"Secret_Access_Key=a; sslPassword = s3cret=s3cret":         "Secret_Access_Key=a; sslPassword =***",
	} {
		shown := string(dmsapi.Service.AppendAudit(nil, op.Input, &dmsapi.CreateEndpointMessage{ExtraConnectionAttributes: &attributes}))
		require.Equal(t, `{"extraConnectionAttributes":"`+want+`"}`, shown)
	}
}

func TestWrongJSONIsNamed(t *testing.T) {
	op := dmsapi.Service.Operation("CreateEndpoint")
	for body, want := range map[string]string{
		`{"Port":"5432"}`:                 "STRING_VALUE cannot be converted to Integer",
		`{"Port":3000000000}`:             "NUMBER_VALUE cannot be converted to Integer",
		`{"EndpointIdentifier":7}`:        "NUMBER_VALUE cannot be converted to String",
		`{"EndpointIdentifier":true}`:     "TRUE_VALUE cannot be converted to String",
		`{"EndpointIdentifier":["a"]}`:    "Start of list found where not expected",
		`{"EndpointIdentifier":{}}`:       "Start of structure or map found where not expected",
		`{"Tags":"x"}`:                    "STRING_VALUE cannot be converted to a list",
		`{"Tags":[`:                       "not JSON",
		`{"Tags":[{}`:                     "not JSON",
		`{"EndpointIdentifier":"a"} more`: "goes on after",
		`{"EndpointIdentifier":"a","EndpointIdentifier":"b"}`: "not JSON",
		`[]`:  "Start of list",
		`xml`: "not JSON",
		`{"KafkaSettings":` + strings.Repeat(`{"x":`, 20000): "not JSON",
	} {
		err := dmsapi.Service.DecodeJSON(op, []byte(body), new(dmsapi.CreateEndpointMessage))
		var e *wire.Error
		require.ErrorAs(t, err, &e, body)
		require.Equal(t, "SerializationException", e.Code)
		require.Equal(t, 400, e.Status)
		require.Contains(t, e.Message, want, body)
	}
}

func TestInputIsReadByTheNamesOfTheModel(t *testing.T) {
	op := ec2api.Service.Operation("DeleteVpcEndpoints")
	var in ec2api.DeleteVpcEndpointsRequest
	require.NoError(t, ec2api.Service.DecodeNamed(op, []byte(` {"VpcEndpointIds":["vpce-1","vpce-2"]} `), &in))
	require.Equal(t, []string{"vpce-1", "vpce-2"}, in.VpcEndpointIds)
	require.NoError(t, ec2api.Service.DecodeNamed(op, nil, &in))
	for body, want := range map[string]string{
		`{"VpcEndpointId":["vpce-1"]}`: `DeleteVpcEndpointsRequest has no member "VpcEndpointId"`, // the wire's name
		`{"VpcEndpointIds":"vpce-1"}`:  "cannot be converted to a list",
		`{"VpcEndpointIds":[]} {}`:     "goes on after",
		`{`:                            "not JSON",
	} {
		require.ErrorContains(t, ec2api.Service.DecodeNamed(op, []byte(body), &in), want, body)
	}
	none := stsapi.Service.Operation("GetCallerIdentity")
	require.ErrorContains(t, stsapi.Service.DecodeNamed(none, []byte(`{"X":1}`), none.NewInput()), `no member "X"`)
}

func TestQueryInputIsReadByItsModel(t *testing.T) {
	op := stsapi.Service.Operation("AssumeRole")
	form, err := wire.ParseForm(wire.Query, "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fr&DurationSeconds=900"+
		"&Tags.member.2.Key=b&Tags.member.1.Key=a&Tags.member.1.Value=x+y&TransitiveTagKeys=&Other.1=z")
	require.NoError(t, err)
	require.Equal(t, "AssumeRole", form.Get("Action"))
	var in stsapi.AssumeRoleRequest
	require.NoError(t, stsapi.Service.DecodeForm(wire.Query, op, form, &in))
	require.Equal(t, stsapi.AssumeRoleRequest{
		RoleArn: ptr("arn:aws:iam::1:role/r"), DurationSeconds: ptr(int64(900)),
		Tags: []stsapi.Tag{{Key: ptr("a"), Value: ptr("x y")}, {Key: ptr("b")}}, TransitiveTagKeys: []string{},
	}, in)
}

func TestRedshiftNamesItsItems(t *testing.T) {
	op := redshiftapi.Service.Operation("DescribeClusters")
	form, err := wire.ParseForm(wire.Query, "TagKeys.TagKey.1=a&TagKeys.TagKey.2=b")
	require.NoError(t, err)
	var in redshiftapi.DescribeClustersMessage
	require.NoError(t, redshiftapi.Service.DecodeForm(wire.Query, op, form, &in))
	require.Equal(t, []string{"a", "b"}, in.TagKeys)
}

func TestEC2InputIsFlat(t *testing.T) {
	op := ec2api.Service.Operation("DescribeVpcs")
	form, err := wire.ParseForm(wire.EC2, "VpcId.1=vpc-1&Filter.1.Name=state&Filter.1.Value.1=available&Filter.1.Value.2=pending&DryRun=true")
	require.NoError(t, err)
	var in ec2api.DescribeVpcsRequest
	require.NoError(t, ec2api.Service.DecodeForm(wire.EC2, op, form, &in))
	require.Equal(t, []string{"vpc-1"}, in.VpcIds)
	require.Equal(t, []ec2api.Filter{{Name: ptr("state"), Values: []string{"available", "pending"}}}, in.Filters)
	require.True(t, *in.DryRun)

	out := ec2api.DescribeVpcsResult{Vpcs: []ec2api.Vpc{{VpcId: ptr("vpc-1"), IsDefault: ptr(true)}}}
	require.Equal(t, `<DescribeVpcsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15"><requestId>r</requestId><vpcSet><item>`+
		`<isDefault>true</isDefault><vpcId>vpc-1</vpcId></item></vpcSet></DescribeVpcsResponse>`,
		string(ec2api.Service.AppendXML(nil, wire.EC2, op, "r", &out)))
}

func TestWrongFormsAreNamed(t *testing.T) {
	op := stsapi.Service.Operation("AssumeRole")
	for body, want := range map[string]string{
		"DurationSeconds=soon":       `"soon" is not a whole number`,
		"Tags.member.0.Key=a":        "Key 0",
		"Tags.member.x.Key=a":        "Key x",
		"RoleArn=a&RoleArn=b":        "Duplicate parameter RoleArn",
		"RoleArn=%zz":                "not form-encoded",
		strings.Repeat("a=1&", 11e3): "more than 10000 parameters",
		strings.Repeat("a.", 100):    "nested deeper",
	} {
		form, err := wire.ParseForm(wire.Query, body)
		if err == nil {
			err = stsapi.Service.DecodeForm(wire.Query, op, form, new(stsapi.AssumeRoleRequest))
		}
		require.ErrorContains(t, err, want)
	}
}

func TestXMLAnswers(t *testing.T) {
	op := iamapi.Service.Operation("GetUser")
	out := iamapi.GetUserResponse{User: &iamapi.User{
		UserName: ptr("a<b>&\x01"), Tags: []iamapi.Tag{{Key: ptr("k"), Value: ptr("v")}},
		CreateDate: ptr(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)),
	}}
	require.Equal(t, `<GetUserResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetUserResult><User>`+
		`<CreateDate>2026-01-02T03:04:05Z</CreateDate><Tags><member><Key>k</Key><Value>v</Value></member></Tags>`+
		"<UserName>a&lt;b&gt;&amp;\uFFFD</UserName></User></GetUserResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetUserResponse>",
		string(iamapi.Service.AppendXML(nil, wire.Query, op, "r", &out)))
}

func TestCBORRoundTrip(t *testing.T) {
	s := &cloudwatchapi.Service
	op := s.Operation("GetMetricStatistics")
	out := cloudwatchapi.GetMetricStatisticsOutput{Label: ptr("CPU"), Datapoints: []cloudwatchapi.Datapoint{
		{Timestamp: ptr(time.Unix(1700000000, 0).UTC()), Average: ptr(1.5), ExtendedStatistics: map[string]float64{"p99": -2}},
	}}
	encoded := s.AppendCBOR(nil, op, &out)
	back := wire.Operation{Input: op.Output}
	var again cloudwatchapi.GetMetricStatisticsOutput
	require.NoError(t, s.DecodeCBOR(&back, encoded, &again))
	require.Equal(t, out, again)
	require.Error(t, s.DecodeCBOR(&back, encoded[:len(encoded)-3], &again))
}

func TestValidationSpeaksAsAWSDoes(t *testing.T) {
	s := &stsapi.Service
	op := s.Operation("AssumeRole")
	check := func(in stsapi.AssumeRoleRequest) string {
		err := s.Validate(wire.Query, op, &in)
		if err == nil {
			return ""
		}
		return err.Error()
	}
	arn, name := ptr("arn:aws:iam::123456789012:role/r"), ptr("me")
	require.Empty(t, check(stsapi.AssumeRoleRequest{RoleArn: arn, RoleSessionName: name}))
	require.Equal(t, "ValidationError: 1 validation error detected: Value null at 'roleArn' failed to satisfy constraint: Member must not be null",
		check(stsapi.AssumeRoleRequest{RoleSessionName: name}))
	require.Equal(t, "ValidationError: 1 validation error detected: Value 'a' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2",
		check(stsapi.AssumeRoleRequest{RoleArn: arn, RoleSessionName: ptr("a")}))
	require.Equal(t, `ValidationError: 2 validation errors detected: Value '60' at 'durationSeconds' failed to satisfy constraint: Member must have value greater than or equal to 900; `+
		`Value 'a b' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\w+=,.@-]*`,
		check(stsapi.AssumeRoleRequest{RoleArn: arn, RoleSessionName: ptr("a b"), DurationSeconds: ptr(int64(60))}))
	require.Contains(t, check(stsapi.AssumeRoleRequest{RoleArn: arn, RoleSessionName: name, Tags: []stsapi.Tag{{Key: ptr("k")}}}), "Value null at 'tags.1.member.value'")

	d := &dmsapi.Service
	err := d.Validate(wire.JSON11, d.Operation("CreateEndpoint"), &dmsapi.CreateEndpointMessage{EndpointIdentifier: ptr("e"), EngineName: ptr("mysql"), EndpointType: ptr("both")})
	require.EqualError(t, err, "ValidationException: 1 validation error detected: Value 'both' at 'endpointType' failed to satisfy constraint: Member must satisfy enum value set: [source, target]")
}

func TestEveryOperationHasShapes(t *testing.T) {
	for _, s := range []*wire.Service{&stsapi.Service, &iamapi.Service, &dmsapi.Service, &ec2api.Service, &redshiftapi.Service, &cloudwatchapi.Service} {
		for i := range s.Operations {
			op := &s.Operations[i]
			require.Same(t, op, s.Operation(op.Name), "sorted")
			if op.Input >= 0 {
				require.NoError(t, s.DecodeJSON(op, []byte(`{}`), op.NewInput()))
				_ = s.Validate(wire.JSON11, op, op.NewInput())
			}
		}
		require.Nil(t, s.Operation("Nothing"))
	}
}
