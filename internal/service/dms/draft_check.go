package dms

import (
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

func decimal(n int64) string { return strconv.FormatInt(n, 10) }

func boolean(b bool) string { return strconv.FormatBool(b) }

// check holds a whole record to the rules of its engine and fills what has a default.
func (e *engine) check(rec *Endpoint) error {
	if err := e.at(rec.Type); err != nil {
		return err
	}
	// A setting of an engine or a type that the endpoint had before is not one of the new.
	for name, v := range rec.Settings {
		if name == secretID || name == secretRole {
			continue
		}
		s := e.setting(rec.Type, name)
		if s == nil {
			return e.unknown(rec.Type, name)
		}
		if _, err := s.read(v); err != nil {
			return err
		}
	}
	rec.Attributes = e.heldAttributes(rec.Type, rec.Attributes, rec.Settings)
	if len(rec.Settings) == 0 {
		rec.Settings = nil
	}
	if strings.ContainsRune(rec.Database, 0) || len(rec.Database) > 255 {
		return invalidValue("Invalid DatabaseName: it has at most 255 bytes and no zero byte.")
	}
	if e.needsDatabase && rec.Database == "" {
		return invalidCombination("An endpoint of engine %s needs a DatabaseName.", e.name)
	}
	if rec.Settings["TargetDbType"] == "specific-database" && rec.Database == "" {
		return invalidCombination("TargetDbType specific-database needs a DatabaseName: the database that everything goes into.")
	}
	if (e.file || e.bucket) && rec.Certificate != "" {
		return invalidCombination("A certificate verifies a server, and an endpoint of engine %s has none. Leave CertificateArn out.", e.name)
	}
	switch {
	case e.file:
		return checkFile(rec)
	case e.bucket:
		return checkBucket(rec)
	}
	if e.staged {
		if err := e.checkStaging(rec); err != nil {
			return err
		}
	}
	return e.checkServer(rec)
}

// checkFile: the name of a file leads to one in the server's folder.
func checkFile(rec *Endpoint) error {
	if !filepath.IsLocal(rec.Database) || filepath.Clean(rec.Database) == "." || strings.Contains(rec.Database, ":memory:") || strings.HasSuffix(rec.Database, "/") {
		return invalidValue("Invalid DatabaseName: %q. Write the name of a file in the server's folder of SQLite files, such as shop.db.", shorten(rec.Database))
	}
	if rec.SSLMode != sslNone {
		return invalidCombination("SslMode %s needs a server, and an endpoint of engine sqlite is a file.", rec.SSLMode)
	}
	return nil
}

// The modes of SslMode.
const (
	sslNone       = "none"
	sslRequire    = "require"
	sslVerifyCA   = "verify-ca"
	sslVerifyFull = "verify-full"
)

func (e *engine) checkServer(rec *Endpoint) error {
	if !slices.Contains([]string{sslNone, sslRequire, sslVerifyCA, sslVerifyFull}, rec.SSLMode) {
		return invalidValue("Invalid SslMode: %q. It is none, require, verify-ca or verify-full.", rec.SSLMode)
	}
	verified := rec.SSLMode == sslVerifyCA || rec.SSLMode == sslVerifyFull
	if verified && rec.Certificate == "" {
		return invalidCombination("SslMode %s needs a CertificateArn: the authority that has signed the server's certificate.", rec.SSLMode)
	}
	if !verified && rec.Certificate != "" {
		return invalidCombination("A certificate verifies a server with SslMode verify-ca or verify-full; SslMode is %s.", rec.SSLMode)
	}
	if rec.Settings[secretID] != "" {
		return checkSecret(rec) // the rest stands in the secret
	}
	if rec.Port == 0 {
		rec.Port = e.port
	}
	switch {
	case rec.Server == "" || rec.User == "":
		return invalidCombination("An endpoint of engine %s needs ServerName and Username, or %s and %s.", e.name, secretID, secretRole)
	case !validServer(rec.Server):
		return invalidValue("Invalid ServerName: %q. Write a host name or an address, without a port.", shorten(rec.Server))
	case rec.Port < 1 || rec.Port > 65535:
		return invalidValue("Invalid Port: %d is not between 1 and 65535.", rec.Port)
	case strings.ContainsRune(rec.User, 0) || len(rec.User) > 255:
		return invalidValue("Invalid Username: it has at most 255 bytes and no zero byte.")
	}
	return nil
}

// validServer: a name of DNS or an address. Nothing else comes into a URL as its host: no second host, no folder of a
// socket, no parameters.
func validServer(name string) bool {
	if ip, err := netip.ParseAddr(name); err == nil {
		return ip.Zone() == ""
	}
	if len(name) > 253 {
		return false
	}
	for label := range strings.SplitSeq(strings.TrimSuffix(name, "."), ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return false
		}
		for i := range len(label) {
			if c := label[i]; !letter(c) && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// checkSecret: names that could be a secret's and a role's.
func checkSecret(rec *Endpoint) error {
	role := strings.SplitN(rec.Settings[secretRole], ":", 6)
	if len(role) != 6 || role[0] != "arn" || role[2] != "iam" || !strings.HasPrefix(role[5], "role/") {
		return invalidValue("Invalid %s: %q is not the ARN of a role, such as arn:aws:iam::111122223333:role/dms-secrets.", secretRole, shorten(rec.Settings[secretRole]))
	}
	if id := rec.Settings[secretID]; len(id) > longestSecretID || strings.ContainsRune(id, 0) {
		return invalidValue("Invalid %s: it has at most %d bytes and no zero byte.", secretID, longestSecretID)
	}
	return nil
}

const longestSecretID = 2048
