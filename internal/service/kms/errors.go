package kms

import (
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/edge/wire/kmsapi"
	"github.com/whimbreldb/whimbrel/internal/policy"
)

func notFound(what string) error {
	return kmsapi.Service.NewError("NotFoundException", "%s", what)
}

// usable answers the error of a key that may not be used for cryptography.
func (k *keyRecord) usable() error {
	switch k.state() {
	case stateDisabled:
		return kmsapi.Service.NewError("DisabledException", "%s is disabled.", k.ARN)
	case statePending:
		return kmsapi.Service.NewError("KMSInvalidStateException", "%s is pending deletion.", k.ARN)
	}
	return nil
}

// changeable answers the error of a key that may not be changed: one that waits for its deletion, or AWS's own.
func (k *keyRecord) changeable() error {
	if k.Deletion != nil {
		return kmsapi.Service.NewError("KMSInvalidStateException", "%s is pending deletion.", k.ARN)
	}
	if k.Managed != "" {
		return kmsapi.Service.NewError("UnsupportedOperationException", "%s is an AWS managed key; this operation is for customer managed keys.", k.ARN)
	}
	return nil
}

// policyError turns the parser's errors into KMS's.
func policyError(err error) error {
	var size *policy.SizeError
	if errors.As(err, &size) {
		return kmsapi.Service.NewError("LimitExceededException", "%s", err)
	}
	return kmsapi.Service.NewError("MalformedPolicyDocumentException", "%s", err)
}

func unsupported(form string, args ...any) error {
	return kmsapi.Service.NewError("UnsupportedOperationException", form, args...)
}

func invalid(form string, args ...any) error { return wire.Invalid.New(wire.JSON11, form, args...) }

// dryRun ends a call that only wanted to know whether it would succeed.
func dryRun(asked *bool) error {
	if asked != nil && *asked {
		return kmsapi.Service.NewError("DryRunOperationException", "The request would have succeeded, but the DryRun option is set.")
	}
	return nil
}
