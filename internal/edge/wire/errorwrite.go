package wire

import (
	"maps"
	"slices"
)

// ErrorAnswer writes an error as protocol p carries it.
func ErrorAnswer(p Protocol, namespace, requestID string, e *Error) []byte {
	switch p {
	case Query:
		kind := "Sender"
		if e.Server {
			kind = "Receiver"
		}
		dst := []byte(`<ErrorResponse xmlns="`)
		dst = append(dst, namespace...)
		dst = append(dst, `"><Error>`...)
		dst = element(dst, "Type", kind)
		dst = element(dst, "Code", e.Code)
		dst = element(dst, "Message", e.Message)
		dst = append(dst, "</Error>"...)
		dst = element(dst, "RequestId", requestID)
		return append(dst, "</ErrorResponse>"...)
	case EC2:
		dst := []byte(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<Response><Errors><Error>")
		dst = element(dst, "Code", e.Code)
		dst = element(dst, "Message", e.Message)
		dst = append(dst, "</Error></Errors>"...)
		dst = element(dst, "RequestID", requestID)
		return append(dst, "</Response>"...)
	case CBOR:
		dst := head(nil, cborMap, uint64(2+len(e.Members)))
		dst = cborString(cborString(dst, "__type"), e.kind())
		dst = cborString(cborString(dst, "message"), e.Message)
		for _, name := range slices.Sorted(maps.Keys(e.Members)) {
			dst = cborString(cborString(dst, name), e.Members[name])
		}
		return dst
	}
	dst := appendQuoted([]byte(`{"__type":`), e.kind())
	if e.Message != "" {
		dst = appendQuoted(append(dst, `,"message":`...), e.Message)
	}
	for _, name := range slices.Sorted(maps.Keys(e.Members)) {
		dst = appendQuoted(append(dst, ','), name)
		dst = appendQuoted(append(dst, ':'), e.Members[name])
	}
	return append(dst, '}')
}
