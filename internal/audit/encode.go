package audit

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-json-experiment/json/jsontext"
)

// appendJSON writes the record as one line, as the tags of its fields say. It is written out by hand because every call
// passes here; a test compares it with encoding/json.
func (r *Record) appendJSON(b []byte) []byte {
	b = append(b, `{"eventVersion":`...)
	b = quote(b, r.EventVersion)
	b = append(b, `,"userIdentity":`...)
	b = r.UserIdentity.appendJSON(b)
	b = append(b, `,"eventTime":"`...)
	b = r.EventTime.AppendFormat(b, time.RFC3339Nano)
	b = append(b, '"')
	b = text(b, "eventSource", r.EventSource, true)
	b = text(b, "eventName", r.EventName, true)
	b = text(b, "awsRegion", r.Region, true)
	b = text(b, "sourceIPAddress", r.SourceIP, true)
	b = text(b, "userAgent", r.UserAgent, false)
	b = text(b, "errorCode", r.ErrorCode, false)
	b = text(b, "errorMessage", r.ErrorMessage, false)
	b = raw(b, "requestParameters", r.Request)
	b = raw(b, "responseElements", r.Response)
	b = text(b, "requestID", r.RequestID, true)
	b = text(b, "eventID", r.EventID, true)
	b = flag(b, "readOnly", r.ReadOnly)
	if len(r.Resources) > 0 {
		b = append(b, `,"resources":[`...)
		for i, x := range r.Resources {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(b, `{"ARN":`...)
			b = quote(b, x.ARN)
			b = text(b, "accountId", x.Account, false)
			b = text(b, "type", x.Type, false)
			b = append(b, '}')
		}
		b = append(b, ']')
	}
	b = text(b, "eventType", r.EventType, true)
	b = flag(b, "managementEvent", r.ManagementEvent)
	b = text(b, "recipientAccountId", r.RecipientAccount, true)
	b = text(b, "vpcEndpointId", r.VPCEndpoint, false)
	b = text(b, "eventCategory", r.EventCategory, true)
	if r.TLS != nil {
		b = append(b, `,"tlsDetails":{"tlsVersion":`...)
		b = quote(b, r.TLS.Version)
		b = text(b, "cipherSuite", r.TLS.Suite, true)
		b = text(b, "clientProvidedHostHeader", r.TLS.Host, false)
		b = append(b, '}')
	}
	return append(b, '}')
}

func (i *Identity) appendJSON(b []byte) []byte {
	if i == nil {
		return append(b, "null"...)
	}
	b = append(b, `{"type":`...)
	b = quote(b, i.Type)
	b = text(b, "principalId", i.PrincipalID, false)
	b = text(b, "arn", i.ARN, false)
	b = text(b, "accountId", i.Account, false)
	b = text(b, "accessKeyId", i.AccessKeyID, false)
	b = text(b, "userName", i.UserName, false)
	b = text(b, "identityProvider", i.Provider, false)
	if s := i.Session; s != nil {
		b = append(b, `,"sessionContext":`...)
		start := len(b)
		if s.Issuer != nil {
			b = append(b, `,"sessionIssuer":`...)
			b = s.Issuer.appendJSON(b)
		}
		if s.Federation != nil {
			b = append(b, `,"webIdFederationData":{"federatedProvider":`...)
			b = append(quote(b, s.Federation.Provider), '}')
		}
		if len(s.Attributes) > 0 {
			b = append(b, `,"attributes":`...)
			at := len(b)
			for _, k := range slices.Sorted(maps.Keys(s.Attributes)) {
				b = append(quote(append(b, ','), k), ':')
				b = quote(b, s.Attributes[k])
			}
			b[at] = '{'
			b = append(b, '}')
		}
		b = text(b, "sourceIdentity", s.Source, false)
		if len(b) == start {
			b = append(b, '{')
		}
		b[start] = '{' // in place of the first comma
		b = append(b, '}')
	}
	b = text(b, "invokedBy", i.InvokedBy, false)
	return append(b, '}')
}

func quote(b []byte, s string) []byte {
	out, err := jsontext.AppendQuote(b, s)
	if err != nil { // not UTF-8
		out, _ = jsontext.AppendQuote(b, strings.ToValidUTF8(s, "\uFFFD"))
	}
	return out
}

// text writes a member that is left out when it is empty, unless it is always there.
func text(b []byte, name, s string, always bool) []byte {
	if s == "" && !always {
		return b
	}
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	return quote(b, s)
}

func flag(b []byte, name string, v bool) []byte {
	return strconv.AppendBool(append(append(append(b, ',', '"'), name...), '"', ':'), v)
}

func raw(b []byte, name string, v []byte) []byte {
	b = append(append(append(b, ',', '"'), name...), '"', ':')
	if len(v) == 0 {
		return append(b, "null"...)
	}
	return append(b, v...)
}
