package edge

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// internalText is all that a caller learns of a failure of ours; the log knows the rest under the request's id.
const internalText = "The request processing has failed because of an unknown error, exception or failure."

// Metrics counts what the edge does.
type Metrics interface {
	// Answered counts a call: the operation (or "unknown"), the error's code ("" for none), and how long it took.
	Answered(operation, code string, took time.Duration)
}

type uncounted struct{}

func (uncounted) Answered(string, string, time.Duration) {}

// finish records the call and writes its answer.
func (x *exchange) finish(ctx context.Context, output any, err error) {
	if x.call != nil && x.call.Stream != nil {
		defer x.call.Stream.Close()
	}
	problem := x.problem(err)
	if rerr := x.record(output, problem); rerr != nil {
		x.edge.config.Log.Error("a call could not be recorded in the audit trail", "request_id", x.id, "error", rerr)
		output, problem = nil, wire.InternalFailure.New(x.protocol, internalText)
	}
	code := ""
	if problem != nil {
		code = problem.Code
	}
	x.describe(code)
	x.edge.config.Metrics.Answered(x.operationName(), code, x.edge.config.Now().Sub(x.now))
	if problem != nil { // also to a caller whose request did not arrive whole, and who is there all the same
		x.answerError(problem)
		return
	}
	if ctx.Err() != nil && x.r.Context().Err() != nil {
		panic(http.ErrAbortHandler) // the caller has gone; net/http would send an empty 200 to one that has not
	}
	if x.call.Stream != nil {
		x.span.End() // of the call: what follows may take hours
		x.answerStream(x.call.Stream)
		return
	}
	buffer := x.edge.answers.get()
	*buffer = x.encode(*buffer, output)
	if x.answer(http.StatusOK, *buffer) == nil { // else what is left of it may be on its way still, should it be HTTP/2
		x.edge.answers.put(buffer)
	}
}

// problem makes what a caller may see of an error.
func (x *exchange) problem(err error) *wire.Error {
	if err == nil {
		return nil
	}
	var e *wire.Error
	switch {
	case errors.As(err, &e):
		if x.operation == nil || x.service.Model.Modelled(x.call.Operation, e.Code) {
			return e
		}
		x.edge.config.Log.Error("an operation answered with an error that its model does not have", "request_id", x.id, "operation", x.operationName(), "code", e.Code, "message", e.Message)
	case errors.Is(err, context.DeadlineExceeded):
		return wire.Unavailable.New(x.protocol, "The request was not done in time.")
	case errors.Is(err, context.Canceled):
		return wire.Unavailable.New(x.protocol, "The request was given up.")
	default:
		x.edge.config.Log.Error("a call failed", "request_id", x.id, "operation", x.operationName(), "error", err)
	}
	return wire.InternalFailure.New(x.protocol, internalText)
}

func (x *exchange) encode(dst []byte, output any) []byte {
	model, op := x.service.Model, x.call.Operation
	switch x.protocol {
	case wire.CBOR:
		return model.AppendCBOR(dst, op, output)
	case wire.JSON10, wire.JSON11:
		if x.call.Encode != nil {
			return x.call.Encode(dst)
		}
		return model.AppendJSON(dst, op, output)
	}
	return model.AppendXML(dst, x.protocol, op, x.id, output)
}

func (x *exchange) answerError(e *wire.Error) {
	namespace := ""
	if x.service != nil {
		namespace = x.service.Model.XMLNamespace
		if x.protocol != wire.Query && x.protocol != wire.EC2 && x.service.Model.Speaks(wire.Query) {
			fault := "Sender"
			if e.Server {
				fault = "Receiver"
			}
			x.w.Header().Set("X-Amzn-Query-Error", e.Code+";"+fault)
		}
	}
	for name, value := range e.Header {
		x.w.Header().Set(name, value)
	}
	_ = x.answer(e.Status, wire.ErrorAnswer(x.protocol, namespace, x.id, e)) // a caller that has gone needs no answer
}

func (x *exchange) answer(status int, body []byte) error {
	x.answered = true
	h := x.w.Header()
	switch x.protocol {
	case wire.CBOR:
		h.Set("Content-Type", "application/cbor")
		h.Set("Smithy-Protocol", "rpc-v2-cbor")
	case wire.JSON10:
		h.Set("Content-Type", "application/x-amz-json-1.0")
	case wire.JSON11:
		h.Set("Content-Type", "application/x-amz-json-1.1")
	default:
		h.Set("Content-Type", "text/xml")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	x.w.WriteHeader(status)
	_, err := x.w.Write(body)
	return err
}
