package dms

import (
	"maps"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/connector/redshift"
	"github.com/whimbreldb/whimbrel/internal/connector/s3"
)

// checkBucket holds the record of a bucket to what DMS asks of it: a bucket, a role, and settings that go together.
func checkBucket(rec *Endpoint) error {
	if err := checkBucketName(rec, "s3", "S3Settings"); err != nil {
		return err
	}
	if rec.Settings[bucketRole] == "" {
		return invalidCombination("An endpoint of engine s3 needs a ServiceAccessRoleArn: the role that reaches the bucket.")
	}
	if err := checkBucketRole(rec); err != nil {
		return err
	}
	if rec.SSLMode != sslNone {
		return invalidCombination("SslMode %s needs a server, and an endpoint of engine s3 is a bucket.", rec.SSLMode)
	}
	check := s3.CheckSettings
	if rec.Type == asSource {
		check = s3.CheckSourceSettings
	}
	if err := check(rec.Settings); err != nil {
		return invalidCombination("%s.", strings.ToUpper(err.Error()[:1])+err.Error()[1:])
	}
	return nil
}

// checkBucketName asks for the bucket.
func checkBucketName(rec *Endpoint, engine, document string) error {
	switch name := rec.Settings[bucketName]; {
	case name == "":
		return invalidCombination("An endpoint of engine %s needs %s with a BucketName.", engine, document)
	case !bucket.ValidName(name):
		return invalidValue("Invalid BucketName: %q. A bucket's name has 3 to 63 small letters, digits, dots and hyphens.", shorten(name))
	}
	return nil
}

// checkBucketRole looks at the role that reaches the bucket, if one is named.
func checkBucketRole(rec *Endpoint) error {
	if role := rec.Settings[bucketRole]; role != "" && !isRole(role) {
		return invalidValue("Invalid ServiceAccessRoleArn: %q is not the ARN of a role, such as arn:aws:iam::111122223333:role/dms-s3.", shorten(role))
	}
	return nil
}

// checkStaging holds a server that is given its rows through a bucket to what that needs. Without a role it is dms-access-for-endpoint, see
// stagingRole.
func (e *engine) checkStaging(rec *Endpoint) error {
	if rec.Settings[bucketName] == "" {
		return invalidCombination("An endpoint of engine %s needs %s with a BucketName: DMS would make a bucket of its own where none is named, and this server makes none.", e.name, e.document)
	}
	if err := checkBucketName(rec, e.name, e.document); err != nil {
		return err
	}
	if err := checkBucketRole(rec); err != nil {
		return err
	}
	values := maps.Clone(rec.Settings)
	delete(values, secretID)
	delete(values, secretRole)
	if err := redshift.CheckSettings(values); err != nil {
		return invalidCombination("%s.", strings.ToUpper(err.Error()[:1])+err.Error()[1:])
	}
	return nil
}

func isRole(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && strings.HasPrefix(parts[5], "role/") && len(parts[5]) > len("role/")
}
