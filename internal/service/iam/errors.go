package iam

import (
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
)

func fault(name, form string, args ...any) error { return iamapi.Service.NewError(name, form, args...) }

func missing(form string, args ...any) error { return fault("NoSuchEntityException", form, args...) }

// isFault reports that an error is an answer to the caller, such as that something is not there, and no trouble of our own.
func isFault(err error) bool {
	_, ok := errors.AsType[*wire.Error](err)
	return ok
}

func exists(form string, args ...any) error {
	return fault("EntityAlreadyExistsException", form, args...)
}

func conflict(what string) error {
	return fault("DeleteConflictException", "Cannot delete entity, %s", what)
}

func tooMany(quota string, limit int) error {
	return fault("LimitExceededException", "Cannot exceed quota for %s: %d", quota, limit)
}

// policyError turns the parser's errors into IAM's.
func policyError(err error) error {
	var size *policy.SizeError
	if errors.As(err, &size) {
		return fault("LimitExceededException", "%s", err)
	}
	return fault("MalformedPolicyDocumentException", "%s", err)
}
