package dms

import (
	"context"
	"path"
)

// letReadBack refuses a task that compares what it has put into a bucket which its endpoint's role may write to and not read from: what
// differs is told with its values, so that the server's keys would show files that the role must not see.
func (s *Service) letReadBack(ctx context.Context, t *Task, rec *Endpoint) error {
	e, err := engineOf(rec.Engine)
	if err != nil || !e.bucket || rec.Type != asTarget || s.Roles == nil {
		return err
	}
	set, err := t.storedSettings()
	if err != nil || !set.ValidationSettings.EnableValidation {
		return err
	}
	role, bucket := rec.Settings[bucketRole], "arn:"+s.Partition+":s3:::"+rec.Settings[bucketName]
	what := map[string][]string{"s3:ListBucket": {bucket}, "s3:GetObject": {bucket + "/" + path.Join(rec.Settings[bucketFolder], "*")}}
	if err := s.Roles.Lets(ctx, role, "dms.amazonaws.com", s.arn(endpoints, rec.ID), what); err != nil {
		return refusal("The task validates, and the IAM Role %s does not let endpoint %s read back what is written to bucket %s: it must allow s3:GetObject on its objects. %v", role, rec.Name, rec.Settings[bucketName], err)
	}
	return nil
}
