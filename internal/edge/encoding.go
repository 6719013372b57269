package edge

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
)

// unpack takes the body out of its Content-Encoding: SDKs compress large bodies of some operations, such as PutMetricData.
// The signature is over the bytes that were sent, so it has been verified before; what they unpack to is as large as any
// other body may be.
func (x *exchange) unpack() error {
	encodings := x.r.Header.Values("Content-Encoding")
	switch encoding := strings.ToLower(strings.TrimSpace(strings.Join(encodings, ","))); encoding {
	case "", "identity":
		return nil
	case "gzip":
	default:
		return wire.Malformed.New(x.protocol, "The body has the Content-Encoding %s: want gzip, or none.", shown(encoding))
	}
	packed, err := gzip.NewReader(bytes.NewReader(x.body))
	if err != nil {
		return x.badGzip(err)
	}
	body, err := io.ReadAll(io.LimitReader(packed, wire.MaxBody+1))
	if err != nil {
		return x.badGzip(err)
	}
	if len(body) > wire.MaxBody {
		return wire.TooLarge.New(x.protocol, "Request entity is longer than %d bytes when it is unpacked", wire.MaxBody)
	}
	x.body = body
	return nil
}

func (x *exchange) badGzip(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) {
		return wire.Malformed.New(x.protocol, "The body is not gzip, as its Content-Encoding says: it ends early.")
	}
	return wire.Malformed.New(x.protocol, "The body is not gzip, as its Content-Encoding says: %v.", err)
}
