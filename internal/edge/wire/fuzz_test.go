package wire_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/cloudwatchapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/ec2api"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
)

// FuzzJSON: what is read can be validated, shown and read again from what is written.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{`{}`, `{"EndpointIdentifier":"a","Port":1,"Tags":[{"Key":"k"}]}`, `{"S3Settings":{"CsvNullValue":null}}`, "\xff", `{"a":[[[[`} {
		f.Add([]byte(seed))
	}
	s := &dmsapi.Service
	op := s.Operation("CreateEndpoint")
	asOutput := wire.Operation{Output: op.Input}
	f.Fuzz(func(t *testing.T, body []byte) {
		_ = ec2api.Service.DecodeNamed(ec2api.Service.Operation("AuthorizeSecurityGroupEgress"), body, new(ec2api.AuthorizeSecurityGroupEgressRequest))
		var in, again dmsapi.CreateEndpointMessage
		if s.DecodeJSON(op, body, &in) != nil {
			return
		}
		_ = s.Validate(wire.JSON11, op, &in)
		_ = s.AppendAudit(nil, op.Input, &in)
		written := s.AppendJSON(nil, &asOutput, &in)
		require.NoError(t, s.DecodeJSON(op, written, &again), "%q", written)
		require.Equal(t, written, s.AppendJSON(nil, &asOutput, &again))
	})
}

// FuzzForm: nothing that a form holds makes the reader fall.
func FuzzForm(f *testing.F) {
	for _, seed := range []string{"", "UserName=a&Tags.member.1.Key=k", "Tags=", "Filter.1.Value.1=a&Filter.1.Name=", "a.b.c=1&a=2&a.b=3", "%", "Tags.member.99999999999999999999.Key=x"} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, body string) {
		if form, err := wire.ParseForm(wire.Query, body); err == nil {
			op := iamapi.Service.Operation("CreateUser")
			var in iamapi.CreateUserRequest
			if iamapi.Service.DecodeForm(wire.Query, op, form, &in) == nil {
				_ = iamapi.Service.Validate(wire.Query, op, &in)
			}
		}
		if form, err := wire.ParseForm(wire.EC2, body); err == nil {
			op := ec2api.Service.Operation("AuthorizeSecurityGroupEgress")
			in := op.NewInput()
			if ec2api.Service.DecodeForm(wire.EC2, op, form, in) == nil {
				_ = ec2api.Service.Validate(wire.EC2, op, in)
			}
		}
	})
}

// FuzzCBOR: what is read survives writing and reading.
func FuzzCBOR(f *testing.F) {
	f.Add([]byte{0xa0})
	f.Add([]byte("\xa1iNamespacefAWS/DM"))
	f.Add([]byte{0xbf, 0x69, 'N', 'a', 'm', 'e', 's', 'p', 'a', 'c', 'e', 0x60, 0xff})
	f.Add([]byte{0x9f, 0x9f, 0x9f})
	s := &cloudwatchapi.Service
	op := s.Operation("GetMetricData")
	asOutput := wire.Operation{Output: op.Input}
	f.Fuzz(func(t *testing.T, body []byte) {
		var in, again cloudwatchapi.GetMetricDataInput
		if s.DecodeCBOR(op, body, &in) != nil {
			return
		}
		_ = s.Validate(wire.CBOR, op, &in)
		written := s.AppendCBOR(nil, &asOutput, &in)
		require.NoError(t, s.DecodeCBOR(op, written, &again))
	})
}
