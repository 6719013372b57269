package dms

import (
	"strings"

	"github.com/whimbreldb/whimbrel/internal/bucket"
	"github.com/whimbreldb/whimbrel/internal/connector/s3"
)

// checkBucket holds the record of a bucket to what DMS asks of it: a bucket, a role, and settings that go together.
func checkBucket(rec *Endpoint) error {
	switch name, role := rec.Settings[bucketName], rec.Settings[bucketRole]; {
	case name == "":
		return invalidCombination("An endpoint of engine s3 needs S3Settings with a BucketName.")
	case !bucket.ValidName(name):
		return invalidValue("Invalid BucketName: %q. A bucket's name has 3 to 63 small letters, digits, dots and hyphens.", shorten(name))
	case role == "":
		return invalidCombination("An endpoint of engine s3 needs a ServiceAccessRoleArn: the role that reaches the bucket.")
	case !isRole(role):
		return invalidValue("Invalid ServiceAccessRoleArn: %q is not the ARN of a role, such as arn:aws:iam::111122223333:role/dms-s3.", shorten(role))
	case rec.SSLMode != sslNone:
		return invalidCombination("SslMode %s needs a server, and an endpoint of engine s3 is a bucket.", rec.SSLMode)
	}
	if err := s3.CheckSettings(rec.Settings); err != nil {
		return invalidCombination("%s.", strings.ToUpper(err.Error()[:1])+err.Error()[1:])
	}
	return nil
}

func isRole(arn string) bool {
	parts := strings.SplitN(arn, ":", 6)
	return len(parts) == 6 && parts[0] == "arn" && parts[2] == "iam" && strings.HasPrefix(parts[5], "role/") && len(parts[5]) > len("role/")
}
