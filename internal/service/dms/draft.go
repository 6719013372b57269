package dms

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// The members of a document that name a secret of Secrets Manager. They are kept among the settings, and stay here.
const (
	secretRole = "SecretsManagerAccessRoleArn"
	secretID   = "SecretsManagerSecretId"
)

// An endpointInput is what CreateEndpoint and ModifyEndpoint have in common.
type endpointInput struct {
	user, password, server, database, attributes *string
	port                                         *int64
	role, tables                                 *string // for engines that are not built
	message                                      any     // with the settings documents
}

// A draft is what a call says of an endpoint, checked piece by piece.
type draft struct {
	user, password, server, database *string
	port                             *int64
	secretRole, secretID             *string
	document                         bool              // there was one
	settings                         map[string]string // of the document
	cleared                          []string          // empty in the document
	attributes                       *string
	written                          map[string]string // of the attributes
}

// draft reads what a call says. What stands in the message itself wins over what stands in the engine's document; documents
// of other engines are ignored, as in DMS.
func (e *engine) draft(end string, in *endpointInput) (*draft, error) {
	d := &draft{settings: map[string]string{}}
	beside := []struct { // members of the message that are the bucket's
		name  string
		given *string
	}{{bucketRole, in.role}, {tableDefinition, in.tables}}
	for _, m := range beside {
		if value(m.given) != "" && !((e.bucket || e.staged) && e.setting(end, m.name) != nil) {
			return nil, invalidCombination("%s is not used by %s endpoints of engine %s. Leave it out.", m.name, end, e.name)
		}
	}
	if err := d.read(e, end, e.documentIn(in.message)); err != nil {
		return nil, err
	}
	for _, m := range beside {
		if value(m.given) != "" {
			if err := d.set(e, end, m.name, *m.given); err != nil {
				return nil, err
			}
		}
	}
	for _, m := range []struct{ to, from **string }{
		{&d.user, &in.user}, {&d.password, &in.password}, {&d.server, &in.server}, {&d.database, &in.database},
	} {
		if *m.from != nil {
			*m.to = *m.from
		}
	}
	if in.port != nil {
		d.port = in.port
	}
	if in.attributes != nil {
		var err error
		if d.written, err = e.attributesIn(end, *in.attributes); err != nil {
			return nil, err
		}
		d.attributes = in.attributes
	}
	for name, v := range d.written {
		if other, both := d.settings[name]; both && other != v {
			return nil, invalidCombination("The setting %s has one value in ExtraConnectionAttributes and another in %s.", name, e.document)
		}
	}
	return d, nil
}

// documentIn finds the engine's settings document in a message.
func (e *engine) documentIn(message any) reflect.Value {
	if e.document == "" {
		return reflect.Value{}
	}
	return reflect.Indirect(reflect.ValueOf(message)).FieldByName(e.document).Elem()
}

// read takes a settings document apart.
func (d *draft) read(e *engine, end string, document reflect.Value) error {
	if !document.IsValid() {
		return nil
	}
	d.document = true
	own := map[string]**string{
		"Username": &d.user, "Password": &d.password, "ServerName": &d.server, "DatabaseName": &d.database,
		secretRole: &d.secretRole, secretID: &d.secretID,
	}
	for i := range document.NumField() {
		name, field := document.Type().Field(i).Name, document.Field(i)
		if field.IsNil() {
			continue
		}
		switch v := field.Interface().(type) {
		case *string:
			if to := own[name]; to != nil {
				*to = v
				continue
			}
			if *v == "" {
				d.cleared = append(d.cleared, name)
				continue
			}
			if err := d.set(e, end, name, *v); err != nil {
				return err
			}
		case *int64:
			if name == "Port" {
				d.port = v
				continue
			}
			if *v == 0 && e.idle(end, name, "0") {
				d.cleared = append(d.cleared, name)
				continue
			}
			if err := d.set(e, end, name, decimal(*v)); err != nil {
				return err
			}
		case *bool:
			if !*v && e.idle(end, name, "false") {
				continue
			}
			if err := d.set(e, end, name, boolean(*v)); err != nil {
				return err
			}
		}
	}
	return nil
}

// idle reports that a zero in a document asks for nothing: the setting is one of the other end, one that is not supported,
// or one that cannot be zero. Some clients, Terraform's provider among them, send every member of a document.
func (e *engine) idle(end, name, zero string) bool {
	s := e.setting(end, name)
	if s == nil || !s.supported() {
		return true
	}
	_, want := s.shape(zero)
	return want != ""
}

func (d *draft) set(e *engine, end, name, raw string) error {
	s := e.setting(end, name)
	if s == nil {
		return e.unknown(end, name)
	}
	kept, err := s.read(raw)
	d.settings[s.name] = kept
	return err
}

// apply puts a draft into a record, whose engine and type stand already. It answers whether the secrets change with it.
// Exact drops all settings that the call does not name.
func (d *draft) apply(e *engine, rec *Endpoint, exact bool) (sealed bool, err error) {
	settings := maps.Clone(rec.Settings)
	if settings == nil {
		settings = map[string]string{}
	}
	drop := func() {
		maps.DeleteFunc(settings, func(name, _ string) bool { return name != secretRole && name != secretID })
		rec.Attributes = ""
	}
	switch {
	case d.attributes != nil:
		drop()
		maps.Copy(settings, d.written)
		rec.Attributes = strings.TrimSpace(*d.attributes)
	case exact && d.document:
		drop()
	}
	maps.Copy(settings, d.settings)
	for _, name := range d.cleared {
		if s := e.setting(rec.Type, name); s != nil {
			delete(settings, s.name)
		}
	}
	rec.Settings = settings
	if d.database != nil {
		rec.Database = *d.database
	}
	return d.login(e, rec)
}

// login decides how the endpoint logs in: by what the call says itself, or by a secret, never by both.
func (d *draft) login(e *engine, rec *Endpoint) (sealed bool, err error) {
	plain := d.given()
	if e.file || e.bucket {
		return withoutLogin(e, rec, plain)
	}
	if d.secretID != nil || d.secretRole != nil {
		if len(plain) > 0 {
			return false, invalidCombination("Give either %s and %s, or %s, and not both.", secretID, secretRole, strings.Join(plain, ", "))
		}
		for name, v := range map[string]*string{secretID: d.secretID, secretRole: d.secretRole} {
			if v != nil {
				rec.Settings[name] = *v
			}
			if rec.Settings[name] == "" {
				return false, invalidCombination("%s and %s go together: %s is missing.", secretID, secretRole, name)
			}
		}
		rec.User, rec.Server, rec.Port = "", "", 0
		return true, nil
	}
	if rec.Settings[secretID] != "" {
		if len(plain) == 0 {
			return false, nil
		}
		if len(plain) < 4 {
			return false, invalidCombination("The endpoint logs in by the secret %s. To replace it give Username, Password, ServerName and Port together.", rec.Settings[secretID])
		}
		delete(rec.Settings, secretID)
		delete(rec.Settings, secretRole)
	}
	if d.user != nil {
		rec.User = *d.user
	}
	if d.server != nil {
		rec.Server = strings.TrimSpace(*d.server)
	}
	if d.port != nil {
		rec.Port = *d.port
	}
	return d.password != nil, nil
}

// withoutLogin: a file and a bucket have no login. What an endpoint had when it was one of another engine goes, its password with it.
func withoutLogin(e *engine, rec *Endpoint, plain []string) (sealed bool, err error) {
	switch {
	case e.file && len(plain) > 0:
		return false, invalidCombination("An endpoint of engine %s is a file, which DatabaseName names; it has no %s.", e.name, strings.Join(plain, ", "))
	case e.bucket && (len(plain) > 0 || rec.Database != ""):
		return false, invalidCombination("An endpoint of engine %s is a bucket, which S3Settings names; it has no Username, Password, ServerName, Port or DatabaseName.", e.name)
	}
	had := rec.User != "" || rec.Server != "" || rec.Settings[secretID] != ""
	rec.User, rec.Server, rec.Port = "", "", 0
	delete(rec.Settings, secretID)
	delete(rec.Settings, secretRole)
	return had, nil
}

// given names the parts of a login that the call says itself.
func (d *draft) given() (names []string) {
	for name, there := range map[string]bool{
		"Username": value(d.user) != "", "Password": value(d.password) != "", "ServerName": value(d.server) != "", "Port": value(d.port) != 0,
	} {
		if there {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
