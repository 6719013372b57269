package edge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws/protocol/eventstream"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// An answer that goes on is a row of messages in AWS's event stream encoding. The first one stands for the output of the
// operation, as in all protocols that are remote procedure calls; then come the events, and an error as the last of them.
const (
	streamType    = "application/vnd.amazon.eventstream"
	firstMessage  = "initial-response"
	kindEvent     = "event"
	kindException = "exception"
	kindError     = "error"
)

// answerStream answers with a stream until it is over, the caller has gone, or the server stops.
func (x *exchange) answerStream(stream service.Stream) {
	x.answered = true
	ctx, end := context.WithCancel(x.r.Context())
	defer end()
	defer context.AfterFunc(x.edge.streaming, end)()
	out := &streamWriter{w: x.w, control: http.NewResponseController(x.w), encoder: eventstream.NewEncoder()}
	x.w.Header().Set("Content-Type", streamType)
	x.w.WriteHeader(http.StatusOK)
	// The times that a request and its answer may take are not those of a stream: it is the write of each message that must not last.
	if err := out.control.SetReadDeadline(time.Time{}); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return
	}
	if err := out.write(kindEvent, firstMessage, []byte("{}")); err != nil {
		return // the caller has gone
	}
	err := stream.Run(ctx, func(event, shape string, v any) error {
		return out.write(kindEvent, event, x.service.Model.AppendShapeJSON(nil, shape, v))
	})
	if err == nil || x.r.Context().Err() != nil || out.err != nil {
		return
	}
	var e *wire.Error
	if errors.As(err, &e) {
		_ = out.write(kindException, e.Code, wire.ErrorAnswer(x.protocol, "", x.id, e)) // the last word, to whoever still listens
		return
	}
	x.edge.config.Log.Error("an answer that goes on ended", "request_id", x.id, "operation", x.operationName(), "error", err)
	_ = out.write(kindError, "", nil)
}

// streamWriter writes messages, each as far as the network.
type streamWriter struct {
	w       http.ResponseWriter
	control *http.ResponseController
	encoder *eventstream.Encoder
	buffer  bytes.Buffer
	err     error // of the first write that did not succeed
}

func (s *streamWriter) write(kind, name string, payload []byte) error {
	if s.err != nil {
		return s.err
	}
	s.buffer.Reset()
	if s.err = s.encoder.Encode(&s.buffer, eventstream.Message{Headers: headers(kind, name), Payload: payload}); s.err != nil {
		return fmt.Errorf("encode an event: %w", s.err)
	}
	if s.err = s.control.SetWriteDeadline(time.Now().Add(answerTimeout)); s.err != nil {
		return fmt.Errorf("write an event: %w", s.err)
	}
	if _, s.err = s.w.Write(s.buffer.Bytes()); s.err != nil {
		return fmt.Errorf("write an event: %w", s.err)
	}
	if s.err = s.control.Flush(); s.err != nil {
		return fmt.Errorf("write an event: %w", s.err)
	}
	return nil
}

func headers(kind, name string) (h eventstream.Headers) {
	h.Set(":message-type", eventstream.StringValue(kind))
	switch kind {
	case kindError:
		h.Set(":error-code", eventstream.StringValue(wire.InternalFailure.JSON))
		h.Set(":error-message", eventstream.StringValue(internalText))
		return h
	case kindException:
		h.Set(":exception-type", eventstream.StringValue(name))
	default:
		h.Set(":event-type", eventstream.StringValue(name))
	}
	h.Set(":content-type", eventstream.StringValue("application/json"))
	return h
}
