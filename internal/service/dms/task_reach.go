package dms

import "context"

// mayReach says at once, and not when the task has failed for it, that a task's endpoint cannot be reached: the key of its password cannot be
// used, or its role does not let DMS in (DMS API reference, "CreateReplicationTask": KMSKeyNotAccessibleFault, AccessDeniedFault). What is not
// there is for the transaction to miss.
func (s *Service) mayReach(ctx context.Context, arns ...string) error {
	for _, arn := range arns {
		if err := s.usableKey(ctx, arn); err != nil {
			return err
		}
	}
	return s.letIn(ctx, arns...)
}

// usableKeys is usableKey for both endpoints of a task that rests. One that runs has its passwords.
func (s *Service) usableKeys(ctx context.Context, taskARN string) error {
	t, err := byARN[Task](s, s.outside(ctx), tasks, taskARN)
	if err != nil || !t.resting() {
		return nil //nolint:nilerr // the transaction finds the same
	}
	for _, id := range []string{t.Source, t.Target} {
		if err := s.usableKey(ctx, s.arn(endpoints, id)); err != nil {
			return err
		}
	}
	return nil
}

// taskLetIn is letIn for both endpoints of a task that rests.
func (s *Service) taskLetIn(ctx context.Context, taskARN string) error {
	t, err := byARN[Task](s, s.outside(ctx), tasks, taskARN)
	if err != nil || !t.resting() {
		return nil //nolint:nilerr // the transaction finds the same
	}
	return s.letIn(ctx, s.arn(endpoints, t.Source), s.arn(endpoints, t.Target))
}

// letIn refuses endpoints whose roles do not let DMS reach them.
func (s *Service) letIn(ctx context.Context, arns ...string) error {
	for _, arn := range arns {
		e, err := byARN[Endpoint](s, s.outside(ctx), endpoints, arn)
		if err != nil {
			continue
		}
		if err := s.roleLetsIn(ctx, e); err != nil {
			why, err := told(err)
			if err != nil {
				return err
			}
			return fault("AccessDeniedFault", "%s", why)
		}
	}
	return nil
}

func (s *Service) roleLetsIn(ctx context.Context, e *Endpoint) error {
	engine, err := engineOf(e.Engine)
	switch {
	case err != nil:
		return nil //nolint:nilerr // an engine that is no more is told when it is reached
	case engine.bucket:
		return s.letIntoBucket(ctx, e, e.Settings[bucketRole])
	case engine.staged:
		if err := s.letIntoBucket(ctx, e, s.stagingRole(e)); err != nil {
			return err
		}
	}
	if e.Settings[secretID] == "" || s.Roles == nil {
		return nil
	}
	role := e.Settings[secretRole]
	if err := s.Roles.Lets(ctx, role, "dms."+s.Region+".amazonaws.com", s.arn(endpoints, "*"), nil); err != nil {
		return refusal("The IAM Role %s does not let DMS read the secret of endpoint %s. %v", role, e.Name, err)
	}
	return nil
}
