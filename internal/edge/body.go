package edge

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// errNoRoom says that as many bytes of strangers' bodies are held as may be.
var errNoRoom = errors.New("no room for more of a body")

// read takes the body, all of it or an error.
func (x *exchange) read(ctx context.Context) error {
	most := wire.MaxBody
	if x.claim == nil { // what needs no signature is small: a token of 20,000 characters is the largest part of it
		most = maxWithoutSign
	}
	if x.r.ContentLength > int64(most) {
		return x.tooLarge(most)
	}
	body, err := x.readAll(ctx, http.MaxBytesReader(x.w, x.r.Body, int64(most)))
	if err == nil {
		x.body = body
		return nil
	}
	x.release()
	var large *http.MaxBytesError
	var slow net.Error
	switch {
	case errors.Is(err, errNoRoom):
		return wire.Unavailable.New(x.protocol, "The request has failed due to a temporary failure of the server.")
	case errors.As(err, &large):
		return x.tooLarge(most)
	case errors.As(err, &slow) && slow.Timeout():
		return wire.RequestTimeout.New(x.protocol, "The request did not arrive in time.")
	}
	return wire.Malformed.New(x.protocol, "The request's body ended early.")
}

func (x *exchange) tooLarge(most int) error {
	return wire.TooLarge.New(x.protocol, "Request entity is longer than %d bytes", most)
}

// readAll takes room for what arrives, not for what is announced: room costs a stranger as many bytes as it holds.
func (x *exchange) readAll(ctx context.Context, from io.Reader) ([]byte, error) {
	if x.r.ContentLength == 0 {
		return nil, nil
	}
	var body []byte
	for {
		if len(body) == cap(body) {
			size := max(2*cap(body), firstPiece)
			if expected := int(x.r.ContentLength) + 1; expected > 0 { // a byte more, to see the end
				size = min(size, max(expected, len(body)+1))
			}
			if !x.take(ctx, size-cap(body)) {
				return nil, errNoRoom
			}
			body = append(make([]byte, 0, size), body...)
		}
		n, err := from.Read(body[len(body):cap(body)])
		body = body[:len(body)+n]
		switch {
		case errors.Is(err, io.EOF):
			return body, nil
		case err != nil:
			return nil, err
		}
	}
}

// take finds room for n bytes more of the body.
func (x *exchange) take(ctx context.Context, n int) bool {
	source := sourceOf(x.source.IP)
	if x.edge.strangers.take(source, n) {
		x.holds = append(x.holds, func() { x.edge.strangers.give(source, n) })
		return true
	}
	if x.claim == nil {
		return false
	}
	key := x.claim.AccessKeyID
	if _, _, err := x.edge.config.Credentials.Credential(ctx, key, x.claim.Token, x.now); err != nil || !x.edge.known.take(key, n) {
		return false
	}
	x.holds = append(x.holds, func() { x.edge.known.give(key, n) })
	return true
}

// release gives the room back: the body has been let go, or its sender is known and bounded as principals are.
func (x *exchange) release() {
	for _, give := range x.holds {
		give()
	}
	x.holds = nil
}
