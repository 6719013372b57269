package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"syscall"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"

	"github.com/whimbreldb/whimbrel/internal/connector"
)

// ErrGone is the error of Publish when what was staged is nowhere any more.
var ErrGone = errors.New("what was staged is gone")

// wrap gives an error its class and says what was being done.
func wrap(doing string, err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("%s: %w", doing, err)
	if errors.Is(err, context.Canceled) || connector.ClassOf(err) != connector.Unclassified || errors.Is(err, ErrGone) {
		return err
	}
	class, remedy := classify(err)
	return &connector.Error{Class: class, Err: err, Remedy: remedy}
}

// unreachable is what to do about a store that does not answer.
const unreachable = "check that the store runs at the address in endpoint= (--s3-endpoint of a server), or the region where there is none, and that this machine reaches it"

func classify(err error) (connector.Class, string) {
	var api smithy.APIError
	if errors.As(err, &api) {
		if class, remedy := classOfCode(api.ErrorCode()); class != connector.Unclassified {
			return class, remedy
		}
	}
	var answer *awshttp.ResponseError
	if errors.As(err, &answer) {
		switch code := answer.HTTPStatusCode(); {
		case code == http.StatusForbidden || code == http.StatusUnauthorized:
			return connector.Denied, "let the access key list the bucket, and get, put and delete objects in it"
		case code == http.StatusNotFound:
			return connector.Missing, ""
		case code == http.StatusTooManyRequests || code >= 500:
			return connector.Busy, ""
		case code >= 400:
			return connector.Invalid, ""
		}
	}
	var lost net.Error
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		return connector.Lost, unreachable
	case errors.Is(err, fs.ErrNotExist):
		return connector.Missing, ""
	case errors.Is(err, fs.ErrPermission):
		return connector.Denied, "let the user that runs Whimbrel write there"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return connector.Full, ""
	case errors.As(err, &lost), errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ECONNRESET):
		return connector.Lost, unreachable
	}
	return connector.Unclassified, ""
}

func classOfCode(code string) (connector.Class, string) {
	switch code {
	case "InvalidAccessKeyId", "XAdminUserNotFound" /* Versity's gateway */, "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken", "RequestTimeTooSkewed":
		return connector.Denied, "check the access key, its secret, and this machine's clock; those of a server are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY of its environment"
	case "AccessDenied", "AllAccessDisabled", "Forbidden":
		return connector.Denied, "let the access key list the bucket, and get, put and delete objects in it"
	case "NoSuchBucket":
		return connector.Missing, "make the bucket first"
	case "NoSuchKey", "NotFound":
		return connector.Missing, ""
	case "SlowDown", "ServiceUnavailable", "InternalError", "RequestTimeout", "Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "OperationAborted":
		return connector.Busy, ""
	}
	return connector.Unclassified, ""
}

// is reports whether an error is one of the store's answers.
func is(err error, codes ...string) bool {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return false
	}
	for _, c := range codes {
		if api.ErrorCode() == c {
			return true
		}
	}
	return false
}
