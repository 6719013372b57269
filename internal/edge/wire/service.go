package wire

// A Protocol is a wire form of requests and answers.
type Protocol uint8

// The protocols of AWS services that we speak.
const (
	JSON10 Protocol = iota
	JSON11
	Query
	EC2
	CBOR
)

// A Service is the model of one AWS service, as far as it is served.
type Service struct {
	Name         string // sts; also the prefix of its IAM actions unless ActionPrefix says otherwise
	SigningName  string // the service of a credential scope
	ActionPrefix string
	FullName     string
	Version      string // the API version that Query requests name
	TargetPrefix string // of X-Amz-Target in AWS JSON, and the service in the path of RPC v2
	XMLNamespace string
	EventSource  string     // what audit records call it: sts.amazonaws.com
	Global       bool       // of a whole partition, not of a region
	Protocols    []Protocol // all it may be spoken to in
	Shapes       []Shape
	Operations   []Operation // by name
	Errors       []ErrorShape
}

// An Operation is one call of a service.
type Operation struct {
	Name          string
	Input         int // -1: nothing goes in
	Output        int // -1: nothing comes out
	ResultWrapper string
	Errors        []int // of Service.Errors
	Unsigned      bool  // answered without a signature: the request carries its own proof
	NewInput      func() any
}

// An ErrorShape is an error of the model.
type ErrorShape struct {
	Name   string // the shape, such as NoSuchEntityException
	Code   string // what is on the wire, such as NoSuchEntity
	Status int
	Sender bool
}

// Speaks reports whether the service is served in p.
func (s *Service) Speaks(p Protocol) bool {
	for _, q := range s.Protocols {
		if p == q {
			return true
		}
	}
	return false
}

// Operation finds an operation by name, nil if the service has none of it.
func (s *Service) Operation(name string) *Operation {
	lo, hi := 0, len(s.Operations)
	for lo < hi {
		mid := (lo + hi) / 2
		switch op := &s.Operations[mid]; {
		case op.Name == name:
			return op
		case op.Name < name:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return nil
}

// Fault finds a modelled error by its shape's name or its code.
func (s *Service) Fault(name string) (*ErrorShape, bool) {
	for i := range s.Errors {
		if s.Errors[i].Name == name || s.Errors[i].Code == name {
			return &s.Errors[i], true
		}
	}
	return nil, false
}
