package s3

import (
	"maps"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/whimbreldb/whimbrel/internal/connector"
	"github.com/whimbreldb/whimbrel/internal/connector/s3/store"
)

// defaultRegion is what stores other than AWS's expect when nobody names one.
const defaultRegion = "us-east-1"

// storeOf reads s3://[KEY:SECRET@]bucket/folder?region=&endpoint=&path_style= or file:///folder. Keys come from the URL, else from
// the environment, by the names that AWS's tools have.
func storeOf(c connector.Config, s *settings) (store.Store, error) {
	u, err := url.Parse(c.URL)
	if err != nil {
		return nil, invalid("write s3://BUCKET/FOLDER or file:///FOLDER", "the URL %q cannot be read", connector.Redact(c.URL))
	}
	if strings.EqualFold(u.Scheme, "file") {
		return folderOf(u, s)
	}
	if u.Host == "" {
		return nil, invalid("write s3://BUCKET/FOLDER", "the URL %q names no bucket", connector.Redact(c.URL))
	}
	b := store.BucketConfig{Bucket: u.Host, Region: defaultRegion, Control: c.Control, Through: c.Traffic.Through, Owner: s.owner, ACL: s.acl, Encryption: s.encryption, KMSKey: s.kmsKey}
	getenv := c.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_REGION"} {
		if v := getenv(name); v != "" {
			b.Region = v
		}
	}
	for _, name := range []string{"AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"} {
		if v := getenv(name); v != "" {
			b.Endpoint, b.PathStyle = v, true
		}
	}
	if err := parameters(&b, u.Query()); err != nil {
		return nil, err
	}
	if b.Prefix, err = prefixOf(u.Path, s.folder); err != nil {
		return nil, err
	}
	b.Credentials, err = keysOf(u, getenv)
	return store.NewBucket(b), err
}

func parameters(b *store.BucketConfig, q url.Values) error {
	for name, values := range q {
		v := values[len(values)-1]
		switch name {
		case "region":
			b.Region = v
		case "endpoint":
			if e, err := url.Parse(v); err != nil || e.Host == "" || e.Scheme != "http" && e.Scheme != "https" {
				return invalid("write endpoint=https://HOST:PORT", "the endpoint %q of the store cannot be read", v)
			}
			b.Endpoint, b.PathStyle = v, true
		case "attempts":
			n, err := strconv.Atoi(v)
			if err != nil || n < 1 || n > 100 {
				return invalid("give attempts=1 to attempts=100", "attempts %q is no such number", v)
			}
			b.Attempts = n
		case "path_style":
			path, err := strconv.ParseBool(v)
			if err != nil {
				return invalid("write path_style=true or path_style=false", "unknown value %q of path_style", v)
			}
			b.PathStyle = path
		default:
			return invalid("known parameters are region, endpoint, path_style and attempts", "unknown URL parameter %q", name)
		}
	}
	return nil
}

func keysOf(u *url.URL, getenv func(string) string) (aws.CredentialsProvider, error) {
	id, secret, token := getenv("AWS_ACCESS_KEY_ID"), getenv("AWS_SECRET_ACCESS_KEY"), getenv("AWS_SESSION_TOKEN")
	if u.User != nil {
		id, token = u.User.Username(), ""
		secret, _ = u.User.Password()
	}
	if id == "" || secret == "" {
		return nil, &connector.Error{Class: connector.Denied, Err: errNoKeys, Remedy: "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"}
	}
	return credentials.NewStaticCredentialsProvider(id, secret, token), nil
}

// prefixOf joins the URL's path and BucketFolder to what keys begin with.
func prefixOf(path, folder string) (string, error) {
	var parts []string
	for _, p := range strings.Split(path+"/"+folder, "/") {
		if p == "." || p == ".." {
			return "", invalid("name a folder without . and ..", "the folder %q cannot be one of a bucket", path+"/"+folder)
		}
		if p != "" {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 {
		return "", nil
	}
	return strings.Join(parts, "/") + "/", nil
}

func folderOf(u *url.URL, s *settings) (store.Store, error) {
	if u.Host != "" && u.Host != "localhost" {
		return nil, invalid("write file:///FOLDER", "a file URL names no host, but this one names %q", u.Host)
	}
	path := u.Path
	if u.Opaque != "" {
		var err error
		if path, err = url.PathUnescape(u.Opaque); err != nil {
			return nil, invalid("write file:///FOLDER", "the URL %q cannot be read", u)
		}
	}
	if names := slices.Sorted(maps.Keys(u.Query())); len(names) > 0 {
		return nil, invalid("write file:///FOLDER", "unknown URL parameter %q: a file URL has none", names[0])
	}
	if path == "" || path == "/" {
		return nil, invalid("write file:///FOLDER", "the URL %q names no folder", u)
	}
	inner, err := prefixOf("", s.folder)
	if err != nil {
		return nil, err
	}
	if s.acl != "" || s.encryption != "" || s.owner != "" {
		return nil, invalid("leave them out", "CannedAclForObjects, EncryptionMode and ExpectedBucketOwner are a bucket's, and the target is a folder")
	}
	abs, err := filepath.Abs(filepath.Join(path, filepath.FromSlash(inner)))
	if err != nil {
		return nil, invalid("write file:///FOLDER", "the folder %q cannot be found", path)
	}
	return store.NewFolder(abs), nil
}
