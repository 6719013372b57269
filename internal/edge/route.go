package edge

import (
	"net/http"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/sigv4"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// route finds the service and what the headers say of the operation. Of the body it reads nothing.
func (x *exchange) route() error {
	claim, err := sigv4.Parse(x.r)
	if err == nil {
		x.claim = claim
	}
	prefix := ""
	switch x.protocol {
	case wire.CBOR:
		parts := strings.Split(strings.TrimPrefix(x.r.URL.Path, "/service/"), "/")
		if len(parts) == 3 && parts[1] == "operation" {
			prefix, x.name = parts[0], parts[2]
		}
		x.service = x.edge.targets[prefix]
	case wire.JSON10, wire.JSON11:
		target := x.r.Header.Get("X-Amz-Target")
		if dot := strings.LastIndexByte(target, '.'); dot > 0 {
			prefix, x.name = target[:dot], target[dot+1:]
		}
		x.service = x.edge.targets[prefix]
	case wire.Query, wire.EC2:
		if x.claim != nil {
			x.service = x.edge.services[x.claim.Service]
		}
		if x.service != nil && x.service.Model.Speaks(wire.EC2) {
			x.protocol = wire.EC2
		}
	}
	return x.refuse(err)
}

// refuse words what is wrong with a signature. A request without any goes on to the operations that need none.
func (x *exchange) refuse(err error) error {
	if err == nil {
		return nil
	}
	e, ok := err.(*sigv4.Error) //nolint:errorlint // the package's documented and only error
	if !ok {
		return err
	}
	switch e.Reason {
	case sigv4.Missing:
		if x.protocol == wire.Query {
			return nil
		}
		return wire.MissingToken.New(x.protocol, "%s", e.Message)
	case sigv4.Incomplete:
		return wire.IncompleteSignature.New(x.protocol, "%s", e.Message)
	}
	return wire.InvalidSignature.New(x.protocol, "%s", e.Message)
}

// resolve finds the operation, now that the caller is known, and starts the call.
func (x *exchange) resolve() error {
	if x.protocol == wire.Query || x.protocol == wire.EC2 {
		if err := x.readForm(); err != nil {
			return err
		}
		x.name = x.form.Get("Action")
	}
	if x.service == nil {
		return x.unknownOperation()
	}
	model := x.service.Model
	switch x.protocol {
	case wire.Query, wire.EC2:
		if version := x.form.Get("Version"); x.name == "" || version != "" && version != model.Version {
			return wire.UnknownOperation.New(x.protocol, "Could not find operation %s for version %s", shown(x.name), shown(version))
		}
	}
	if !model.Speaks(x.protocol) {
		return x.unknownOperation()
	}
	op := model.Operation(x.name)
	if op == nil {
		return x.unknownOperation()
	}
	x.call.Service, x.call.Operation = model, op
	if x.operation = x.service.Operation(x.name); x.operation == nil {
		return x.unknownOperation()
	}
	return nil
}

func (x *exchange) unknownOperation() error {
	if x.protocol == wire.Query || x.protocol == wire.EC2 {
		version := ""
		if x.form != nil {
			version = x.form.Get("Version")
		}
		return wire.UnknownOperation.New(x.protocol, "Could not find operation %s for version %s", shown(x.name), shown(version))
	}
	return wire.UnknownOperation.New(x.protocol, "")
}

// shown keeps what came from outside short in a message.
func shown(s string) string {
	const enough = 128
	if s == "" {
		return "null"
	}
	return s[:min(len(s), enough)]
}

// readForm parses the parameters: of the body, or of the query string where there is no body.
func (x *exchange) readForm() error {
	if x.form != nil {
		return nil
	}
	text := string(x.body)
	if x.r.Method == http.MethodGet || text == "" {
		text = x.r.URL.RawQuery
	}
	form, err := wire.ParseForm(x.protocol, text)
	x.form = form
	return err
}

// unsigned finds the operation of a request without a signature, if it is one that needs none.
func (x *exchange) unsigned() bool {
	if x.protocol != wire.Query || x.r.Method != http.MethodPost || x.readForm() != nil {
		return false
	}
	name, version := x.form.Get("Action"), x.form.Get("Version")
	for _, s := range x.edge.config.Services {
		if op := s.Model.Operation(name); op != nil && op.Unsigned && s.Model.Version == version && s.Model.Speaks(wire.Query) {
			x.service = s
			return true
		}
	}
	return false
}

// decode reads the input.
func (x *exchange) decode() error {
	model, op := x.service.Model, x.call.Operation
	x.input = service.NewInput(op)
	switch x.protocol {
	case wire.CBOR:
		return model.DecodeCBOR(op, x.body, x.input)
	case wire.JSON10, wire.JSON11:
		return model.DecodeJSON(op, x.body, x.input)
	}
	return model.DecodeForm(x.protocol, op, x.form, x.input)
}
