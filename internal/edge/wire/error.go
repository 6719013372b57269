package wire

import (
	"fmt"
	"strings"
)

// An Error is what a caller is told: a code of the service's model or of those common to all, and a text.
type Error struct {
	Code    string
	Shape   string // of the model: what JSON and CBOR call the error where Query has another code
	Message string
	Status  int               // of HTTP
	Server  bool              // ours, not the caller's
	Members map[string]string // further members of a modelled error, such as resourceArn
	Header  map[string]string // such as Retry-After
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// NewError makes one of the service's modelled errors by shape name or code. A name that the model does not have is a
// mistake in the program; the caller is then told of an internal failure.
func (s *Service) NewError(name, form string, args ...any) error {
	shape, ok := s.Fault(name)
	if !ok {
		return fmt.Errorf("service %s has no error %s in its model (%s)", s.Name, name, fmt.Sprintf(form, args...))
	}
	return &Error{Code: shape.Code, Shape: shape.Name, Message: fmt.Sprintf(form, args...), Status: shape.Status, Server: !shape.Sender}
}

// kind is what JSON and CBOR call the error.
func (e *Error) kind() string {
	if e.Shape != "" {
		return e.Shape
	}
	return e.Code
}

// A Common error may come from every service. Its code and status differ with the protocol.
type Common struct {
	JSON, Query, EC2 string
	Status           int // Query's and EC2's; JSON answers 400 for what the caller did
	Server           bool
}

// The errors common to all services.
var (
	MissingToken         = Common{"MissingAuthenticationTokenException", "MissingAuthenticationToken", "MissingAuthenticationToken", 403, false}
	UnknownKey           = Common{"UnrecognizedClientException", "InvalidClientTokenId", "AuthFailure", 403, false}
	ExpiredToken         = Common{"ExpiredTokenException", "ExpiredToken", "RequestExpired", 403, false}
	InvalidSignature     = Common{"InvalidSignatureException", "SignatureDoesNotMatch", "SignatureDoesNotMatch", 403, false}
	IncompleteSignature  = Common{"IncompleteSignatureException", "IncompleteSignature", "IncompleteSignature", 400, false}
	AccessDenied         = Common{"AccessDeniedException", "AccessDenied", "UnauthorizedOperation", 403, false}
	Throttling           = Common{"ThrottlingException", "Throttling", "RequestLimitExceeded", 400, false}
	UnknownOperation     = Common{"UnknownOperationException", "InvalidAction", "InvalidAction", 400, false}
	Malformed            = Common{"SerializationException", "MalformedQueryString", "MalformedQueryString", 400, false}
	Invalid              = Common{"ValidationException", "ValidationError", "InvalidParameterValue", 400, false}
	InvalidValue         = Common{"InvalidParameterValueException", "InvalidParameterValue", "InvalidParameterValue", 400, false}
	InvalidCombination   = Common{"InvalidParameterCombinationException", "InvalidParameterCombination", "InvalidParameterCombination", 400, false}
	MissingParameter     = Common{"ValidationException", "MissingParameter", "MissingParameter", 400, false}
	TooLarge             = Common{"RequestEntityTooLargeException", "RequestEntityTooLarge", "RequestEntityTooLarge", 413, false}
	RequestTimeout       = Common{"RequestTimeoutException", "RequestTimeout", "RequestTimeout", 408, false}
	InternalFailure      = Common{"InternalFailure", "InternalFailure", "InternalError", 500, true}
	Unavailable          = Common{"ServiceUnavailable", "ServiceUnavailable", "Unavailable", 503, true}
	UnsupportedOperation = Common{"UnsupportedOperationException", "UnsupportedOperation", "UnsupportedOperation", 400, false}
)

// New makes the error as protocol p words it.
func (c Common) New(p Protocol, form string, args ...any) *Error {
	e := &Error{Message: form, Server: c.Server, Status: c.Status}
	if len(args) > 0 {
		e.Message = fmt.Sprintf(form, args...)
	}
	switch p {
	case Query:
		e.Code = c.Query
	case EC2:
		e.Code = c.EC2
	default:
		e.Code = c.JSON
		if c.Status < 500 && c.Status != TooLarge.Status && c.Status != RequestTimeout.Status {
			e.Status = 400
		}
	}
	return e
}

// common reports whether a code may come from every service.
func common(code string) bool {
	for _, c := range []Common{MissingToken, UnknownKey, ExpiredToken, InvalidSignature, IncompleteSignature, AccessDenied,
		Throttling, UnknownOperation, Malformed, Invalid, InvalidValue, InvalidCombination, MissingParameter, TooLarge,
		RequestTimeout, InternalFailure, Unavailable, UnsupportedOperation} {
		if code == c.JSON || code == c.Query || code == c.EC2 {
			return true
		}
	}
	return false
}

// Modelled reports whether an operation may answer with the code: its own errors and the common ones. EC2's model names
// no errors at all; any code of its families passes.
func (s *Service) Modelled(op *Operation, code string) bool {
	if common(code) {
		return true
	}
	for _, i := range op.Errors {
		if s.Errors[i].Code == code {
			return true
		}
	}
	return s.Speaks(EC2) && ec2Code(code)
}

func ec2Code(code string) bool {
	for _, family := range []string{"Invalid", "Insufficient", "Idempotent", "TagLimit", "Dependency", "Missing", "DryRun", "Operation", "VpcLimit", "Subnet", "Resource", "Unsupported", "DefaultVpc", "Cannot", "Rules", "SecurityGroup", "Route"} {
		if strings.HasPrefix(code, family) {
			return true
		}
	}
	return false
}

// GoName is the Go name of a shape or member.
func GoName(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
