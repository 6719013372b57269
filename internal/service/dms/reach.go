package dms

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// reach turns the record of an endpoint into what an instance in the security groups needs to connect. An
// *instance.Refusal says what is in the way and can be mended: a key that is disabled, a secret that is gone.
func (s *Service) reach(ctx context.Context, rec *Endpoint, groups []string) (instance.Endpoint, error) {
	e, err := engineOf(rec.Engine)
	if err != nil {
		return instance.Endpoint{}, refused(err, "Endpoint %s cannot be reached", rec.Name)
	}
	out := instance.Endpoint{Engine: e.name, Settings: map[string]string{}}
	parameters := url.Values{}
	for name, v := range rec.Settings {
		set := e.setting(rec.Type, name)
		switch {
		case set == nil || set.why != "" && (len(set.only) < 2 || v == set.otherwise): // of the secret, or what happens anyway
		case set.parameter != "":
			parameters.Set(set.parameter, v)
		default:
			out.Settings[set.name] = v
		}
	}
	if e.file {
		out.URL, err = s.fileURL(rec)
		return out, err
	}
	if e.bucket {
		if out.URL, err = s.bucketURL(ctx, rec); err != nil {
			return instance.Endpoint{}, err
		}
		return s.letOut(ctx, out, groups)
	}
	if out.Files, err = s.authority(ctx, e, rec, parameters); err != nil {
		return instance.Endpoint{}, err
	}
	l, err := s.login(ctx, e, rec)
	if err != nil {
		return instance.Endpoint{}, err
	}
	if e.staged {
		if err := s.stagingParameters(ctx, rec, l, parameters); err != nil {
			return instance.Endpoint{}, err
		}
		out.Settings[bucketRole] = s.stagingRole(rec)
	}
	u := url.URL{Scheme: e.scheme, User: url.UserPassword(l.user, l.password), Host: net.JoinHostPort(l.server, decimal(l.port)), Path: "/" + rec.Database, RawQuery: parameters.Encode()}
	u.RawPath = "/" + strings.ReplaceAll(url.PathEscape(rec.Database), "@", "%40") // which would look like the end of a password
	out.URL = u.String()
	return s.letOut(ctx, out, groups)
}

// letOut adds what the security groups of the instance let out.
func (s *Service) letOut(ctx context.Context, out instance.Endpoint, groups []string) (_ instance.Endpoint, err error) {
	if s.Network == nil {
		return instance.Endpoint{}, errors.New("reach an endpoint: there is no network inventory to ask")
	}
	if out.Egress, err = s.Network.Egress(ctx, groups); err != nil {
		return instance.Endpoint{}, fmt.Errorf("list what security groups let out: %w", err)
	}
	return out, nil
}

// The URL parameters of TLS, by scheme: the mode and the file of authorities.
var tlsParameters = map[string][2]string{
	"postgres": {"sslmode", "sslrootcert"}, "redshift": {"sslmode", "sslrootcert"}, "mysql": {"ssl-mode", "ssl-ca"}, "mariadb": {"ssl-mode", "ssl-ca"},
}

// authority sets the TLS mode and hands the certificate over as a file beside the instance.
func (s *Service) authority(ctx context.Context, e *engine, rec *Endpoint, parameters url.Values) (map[string]string, error) {
	names := tlsParameters[e.scheme]
	parameters.Set(names[0], rec.SSLMode)
	if rec.Certificate == "" {
		return nil, nil
	}
	c, err := lookup[Certificate](s.outside(ctx), certificates, rec.Certificate)
	if err != nil {
		return nil, refused(err, "The certificate of endpoint %s cannot be read", rec.Name)
	}
	text, err := s.pemOf(ctx, c)
	if err != nil {
		return nil, refused(err, "The certificate of endpoint %s cannot be read", rec.Name)
	}
	file := "ca-" + c.ID + ".pem"
	parameters.Set(names[1], file)
	return map[string]string{file: text}, nil
}

// fileURL leads to a file in the server's folder of SQLite files, and nowhere else, also where there are links.
func (s *Service) fileURL(rec *Endpoint) (string, error) {
	if s.SQLiteDir == "" {
		return "", refusal("Endpoint %s is a SQLite file, and this server has no folder of them. Start it with --sqlite-dir DIRECTORY.", rec.Name)
	}
	dir, err := filepath.Abs(s.SQLiteDir)
	if err == nil {
		dir, err = filepath.EvalSymlinks(dir)
	}
	if err != nil {
		return "", fmt.Errorf("find the folder of SQLite files: %w", err)
	}
	path := filepath.Join(dir, rec.Database)
	folder, err := filepath.EvalSymlinks(filepath.Dir(path))
	if errors.Is(err, fs.ErrNotExist) {
		return "", refusal("The folder of the SQLite file %s of endpoint %s is not there. Make it below the server's folder of SQLite files (--sqlite-dir), or name another file as DatabaseName.", rec.Database, rec.Name)
	}
	if err != nil {
		return "", fmt.Errorf("find the folder of a SQLite file: %w", err)
	}
	path = filepath.Join(folder, filepath.Base(path))
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if path, err = filepath.EvalSymlinks(path); err != nil {
			return "", refusal("The SQLite file %s of endpoint %s is a link that leads nowhere. Put the file where it leads, or name another one as DatabaseName.", rec.Database, rec.Name)
		}
	}
	within, err := filepath.Rel(dir, path)
	if err != nil || !filepath.IsLocal(within) {
		return "", refusal("The SQLite file %s of endpoint %s is a link that leads out of the server's folder of SQLite files (--sqlite-dir). Put the file itself there.", rec.Database, rec.Name)
	}
	u := url.URL{Scheme: "sqlite", Path: path}
	return u.String(), nil
}
