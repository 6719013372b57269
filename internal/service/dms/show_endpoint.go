package dms

import (
	"reflect"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// showEndpoint is an endpoint as DMS answers it (https://docs.aws.amazon.com/dms/latest/APIReference/API_Endpoint.html): its type in
// capitals, what names the server, the role and the tables of files both at the top and in the engine's document, the document filled with defaults where nothing was set, and no secret.
func (s *Service) showEndpoint(rec *Endpoint) *dmsapi.Endpoint {
	out := &dmsapi.Endpoint{
		EndpointArn: new(s.arn(endpoints, rec.ID)), EndpointIdentifier: &rec.Name, EndpointType: new(strings.ToUpper(rec.Type)),
		EngineName: &rec.Engine, Status: &rec.Status, Username: some(rec.User), ServerName: some(rec.Server),
		DatabaseName: some(rec.Database), SslMode: &rec.SSLMode, KmsKeyId: some(rec.KMSKey),
		IsReadOnly:           new(false),
		ServiceAccessRoleArn: some(rec.Settings[bucketRole]), ExternalTableDefinition: some(rec.Settings[tableDefinition]),
	}
	if rec.Port != 0 {
		out.Port = &rec.Port
	}
	if rec.Certificate != "" {
		out.CertificateArn = new(s.arn(certificates, rec.Certificate))
	}
	e, err := engineOf(rec.Engine)
	if err != nil {
		return out // of a version of this server that knew more engines
	}
	out.EngineDisplayName, out.ExtraConnectionAttributes = &e.display, some(e.shownAttributes(rec.Type, rec.Attributes, rec.Settings))
	if e.document != "" {
		member := reflect.ValueOf(out).Elem().FieldByName(e.document)
		member.Set(reflect.New(member.Type().Elem()))
		e.fill(member.Elem(), rec)
	}
	return out
}

// configured reports that the endpoint has settings of its own.
func (rec *Endpoint) configured() bool {
	for name := range rec.Settings {
		if name != secretID && name != secretRole {
			return true
		}
	}
	return false
}

// fill writes the settings of an endpoint into its document: what was set, or the defaults as long as nothing was. Clients
// that hold what they sent against what they read (Terraform) would take defaults beside it for changes.
func (e *engine) fill(document reflect.Value, rec *Endpoint) {
	put := func(name, text string) {
		field := document.FieldByName(name)
		if text == "" || !field.IsValid() {
			return
		}
		switch field.Interface().(type) {
		case *string:
			field.Set(reflect.ValueOf(&text))
		case *int64:
			if n, err := strconv.ParseInt(text, 10, 64); err == nil {
				field.Set(reflect.ValueOf(&n))
			}
		case *bool:
			field.Set(reflect.ValueOf(new(text == "true")))
		}
	}
	for i := range e.settings {
		if s := &e.settings[i]; s.of(e, rec.Type) && !rec.configured() {
			put(s.name, s.otherwise)
		}
	}
	for name, v := range rec.Settings {
		put(name, v)
	}
	put("Username", rec.User)
	put("ServerName", rec.Server)
	put("DatabaseName", rec.Database)
	if rec.Port != 0 {
		put("Port", decimal(rec.Port))
	}
}
