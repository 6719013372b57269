package dms

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/all"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/dmsapi"
)

// ownMembers of a document name the server or the secret.
var ownMembers = []string{"Username", "Password", "ServerName", "Port", "DatabaseName", secretID, secretRole}

// TestEveryMemberIsKnown: there is no member of a settings document that would be passed over, and no setting that claims to
// be one.
func TestEveryMemberIsKnown(t *testing.T) {
	for i := range engines {
		e := &engines[i]
		if e.document == "" {
			continue
		}
		field, ok := reflect.TypeFor[dmsapi.CreateEndpointMessage]().FieldByName(e.document)
		require.True(t, ok)
		document := field.Type.Elem()
		for j := range document.NumField() {
			name := document.Field(j).Name
			if !slices.Contains(ownMembers, name) {
				require.True(t, e.setting(asSource, name) != nil || e.setting(asTarget, name) != nil, "%s: %s", e.name, name)
			}
		}
		for j := range e.settings {
			s := &e.settings[j]
			if s.without == e.name {
				continue
			}
			member, ok := document.FieldByName(s.name)
			require.Equal(t, !s.alone, ok, "%s: %s", e.name, s.name)
			if ok {
				require.Equal(t, map[form]reflect.Type{text: reflect.TypeFor[*string](), truth: reflect.TypeFor[*bool](), number: reflect.TypeFor[*int64](), choice: reflect.TypeFor[*string]()}[s.form], member.Type, s.name)
			}
		}
	}
}

// TestSettingsTableIsSound: every default is a value that may be given, every reason is for something.
func TestSettingsTableIsSound(t *testing.T) {
	for i := range engines {
		e := &engines[i]
		for j := range e.settings {
			s := &e.settings[j]
			name := e.name + " " + s.name
			require.NotEqual(t, s.does == "", s.why == "", "%s: a setting does something, or is bounded for a reason", name)
			require.True(t, s.form != choice || len(s.values) > 0, name)
			require.True(t, s.form != number || s.low <= s.high && s.high > 0, name)
			for _, v := range append(slices.Clone(s.only), s.otherwise) {
				if v != "" {
					kept, err := s.read(v)
					require.NoError(t, err, name)
					require.Equal(t, v, kept, name)
				}
			}
			require.True(t, s.supported() || s.otherwise == "", "%s: what cannot be given has no default", name)
		}
	}
}

// samples are values that a setting takes.
func (s *setting) samples() []string {
	switch {
	case len(s.only) > 0:
		return s.only
	case s.form == truth:
		return []string{"true", "false"}
	case s.form == number:
		return []string{decimal(s.low), decimal(s.high)}
	case s.form == choice:
		return s.values
	case s.name == "SlotName":
		return []string{"shop_slot"}
	}
	return []string{"public"}
}

// TestAcceptedSettingsReachTheConnector: a value that is accepted stands in what an instance is handed, and the connector
// knows it: what it complains of is the server that is not there. What the connector would refuse is refused here.
func TestAcceptedSettingsReachTheConnector(t *testing.T) {
	b := newEndpointBench(t)
	for i := range engines {
		e := &engines[i]
		for _, end := range []string{asSource, asTarget} {
			for j := range e.settings {
				s := &e.settings[j]
				if e.at(end) != nil || e.bucket || e.staged || !s.of(e, end) || !s.supported() { // of buckets see TestBucketSettingsReachTheConnector
					continue
				}
				for k, v := range s.samples() {
					name := fmt.Sprintf("e-%s-%s-%d-%d", e.name, end, j, k)
					in := &createInput{
						EndpointIdentifier: &name, EndpointType: &end, EngineName: &e.name, Username: new("u"), ServerName: new("127.0.0.1"),
						Port: new(int64(1)), DatabaseName: new("d"), ExtraConnectionAttributes: new(s.name + "=" + v),
					}
					out, err := b.reach(t.Context(), b.record(*b.create(in).EndpointArn), nil)
					require.NoError(t, err)
					switch {
					case s.why != "" && (len(s.only) < 2 || v == s.otherwise):
						require.Empty(t, out.Settings, "%s: what happens anyway need not be said", name)
					case s.parameter != "":
						require.Equal(t, v, parsed(t, out.URL).Query().Get(s.parameter), name)
						require.Empty(t, out.Settings)
					default:
						require.Equal(t, map[string]string{s.name: v}, out.Settings, name)
					}
					err = open(t.Context(), end, out.URL, out.Settings)
					require.ErrorContains(t, err, "connection refused", "%s %s=%s", e.name, s.name, v)
				}
			}
		}
	}
}

// open connects as an instance would.
func open(ctx context.Context, end, raw string, settings map[string]string) error {
	engine, err := all.Engines().ForURL(raw)
	if err != nil {
		return err
	}
	settings = maps.Clone(settings)
	delete(settings, "TargetDbType") // which an instance obeys itself
	c := connector.Config{URL: raw, Settings: settings, Log: slog.New(slog.DiscardHandler)}
	if end == asSource {
		_, err = engine.OpenSource(ctx, c)
	} else {
		_, err = engine.OpenTarget(ctx, c)
	}
	return err
}

// TestDescribeEndpointSettings tells what CreateEndpoint does.
func TestDescribeEndpointSettings(t *testing.T) {
	b := newEndpointBench(t)
	for i := range engines {
		e := &engines[i]
		described := answer[dmsapi.DescribeEndpointSettingsResponse](b, "DescribeEndpointSettings", &dmsapi.DescribeEndpointSettingsMessage{EngineName: &e.name}).EndpointSettings
		for _, d := range described {
			for _, end := range []string{asSource, asTarget} {
				if *d.Applicability != "both" && *d.Applicability != end || e.at(end) != nil {
					continue
				}
				for _, v := range append(slices.Clone(d.EnumValues), value(d.DefaultValue)) {
					if v != "" {
						_, err := e.attributesIn(end, *d.Name+"="+v)
						require.NoError(t, err)
					}
				}
				if d.IntValueMax != nil {
					_, err := e.attributesIn(end, *d.Name+"="+decimal(*d.IntValueMax+1))
					require.Error(t, err)
				}
			}
		}
		for j := range e.settings {
			listed := slices.ContainsFunc(described, func(d dmsapi.EndpointSetting) bool { return *d.Name == e.settings[j].name })
			require.Equal(t, e.settings[j].supported() && e.settings[j].without != e.name, listed, "%s %s", e.name, e.settings[j].name)
		}
	}
	b.refuses("InvalidParameterValueException", "does not reach yet", "DescribeEndpointSettings", &dmsapi.DescribeEndpointSettingsMessage{EngineName: new("oracle")})
	b.refuses("InvalidParameterValueException", "Invalid engine name: x", "DescribeEndpointSettings", &dmsapi.DescribeEndpointSettingsMessage{EngineName: new("x")})
	first := answer[dmsapi.DescribeEndpointSettingsResponse](b, "DescribeEndpointSettings", &dmsapi.DescribeEndpointSettingsMessage{EngineName: new("postgres"), MaxRecords: new(int64(20))})
	require.Len(t, first.EndpointSettings, 20)
	require.Nil(t, answer[dmsapi.DescribeEndpointSettingsResponse](b, "DescribeEndpointSettings", &dmsapi.DescribeEndpointSettingsMessage{EngineName: new("postgres"), MaxRecords: new(int64(20)), Marker: first.Marker}).Marker)
}

func TestDescribeEndpointTypes(t *testing.T) {
	b := newEndpointBench(t)
	list := func(filters []dmsapi.Filter) (names []string) {
		for _, s := range answer[dmsapi.DescribeEndpointTypesResponse](b, "DescribeEndpointTypes", &dmsapi.DescribeEndpointTypesMessage{Filters: filters}).SupportedEndpointTypes {
			names = append(names, *s.EngineName+" "+*s.EndpointType)
			require.True(t, *s.SupportsCDC)
		}
		return names
	}
	require.Equal(t, []string{"sqlite source", "sqlite target"}, list(filter("engine-name", "sqlite")))
	require.NotContains(t, list(filter("endpoint-type", "source")), "aurora-serverless source")
	require.Len(t, list(nil), 19)
	require.Equal(t, []string{"s3 source", "s3 target"}, list(filter("engine-name", "s3")))
	require.Empty(t, list(filter("engine-name", "oracle")))
	for i := range engines {
		if engines[i].file {
			continue
		}
		known := slices.ContainsFunc(all.Engines(), func(c *connector.Engine) bool { return slices.Contains(c.Schemes, engines[i].scheme) })
		require.True(t, known, "%s has a connector", engines[i].name)
	}
}

// TestReachBuildsURLs that mean what was said, whatever stands in the parts.
func TestReachBuildsURLs(t *testing.T) {
	b := newEndpointBench(t)
	odd := `a/b?c#d%e&f=g@h:i é'"\ +;x`
	for engine, scheme := range map[string]string{"postgres": "postgres", "mysql": "mysql", "mariadb": "mariadb", "aurora": "mysql", "aurora-postgresql": "postgres"} {
		in := postgresEndpoint(engine, func(in *createInput) {
			in.EngineName, in.Username, in.Password, in.DatabaseName, in.ServerName, in.SslMode = &engine, &odd, &odd, &odd, new("::1"), new("require")
		})
		out, err := b.reach(t.Context(), b.record(*b.create(in).EndpointArn), nil)
		require.NoError(t, err)
		u := parsed(t, out.URL)
		password, _ := u.User.Password()
		require.Equal(t, []string{scheme, odd, odd, "/" + odd, "[::1]:5433"}, []string{u.Scheme, u.User.Username(), password, u.Path, u.Host})
		require.Len(t, u.Query(), 1)
		require.Equal(t, "require", u.Query().Get("sslmode")+u.Query().Get("ssl-mode"))
		require.NotContains(t, fmt.Sprintf("%v %+v %#v", out, out, out), "a/b")
	}
}

// TestReachKeepsToTheFolder: a SQLite endpoint is a file in the server's folder, by its name and by what links lead to.
func TestReachKeepsToTheFolder(t *testing.T) {
	b := newEndpointBench(t)
	dir, err := filepath.EvalSymlinks(b.SQLiteDir)
	require.NoError(t, err)
	outside := t.TempDir()
	require.NoError(t, symlink(outside, filepath.Join(dir, "out")))
	require.NoError(t, symlink(filepath.Join(outside, "x.db"), filepath.Join(dir, "dangling.db")))
	require.NoError(t, symlink("here.db", filepath.Join(dir, "link.db")))
	require.NoError(t, touch(filepath.Join(dir, "here.db")))
	require.NoError(t, touch(filepath.Join(outside, "there.db")))
	require.NoError(t, symlink(filepath.Join(outside, "there.db"), filepath.Join(dir, "leads-out.db")))
	for file, want := range map[string]string{
		"new.db": dir + "/new.db", "here.db": dir + "/here.db", "link.db": dir + "/here.db", "odd ?%#.db": dir + "/odd ?%#.db",
		"out/x.db": "leads out", "leads-out.db": "leads out", "dangling.db": "leads nowhere", "none/x.db": "is not there",
	} {
		rec := &Endpoint{Name: "lite", Engine: "sqlite", Type: asSource, Database: file, SSLMode: sslNone}
		out, err := b.reach(t.Context(), rec, nil)
		if strings.HasPrefix(want, "/") {
			require.NoError(t, err, file)
			u, err := url.Parse(out.URL)
			require.NoError(t, err)
			require.Equal(t, want, u.Path)
			require.NoError(t, open(t.Context(), asTarget, out.URL, nil), file)
			continue
		}
		require.ErrorContains(t, err, want, file)
	}
}
