package sigv4

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"
)

// unsigned is sent in place of a payload hash by clients that leave the body to TLS.
const unsigned = "UNSIGNED-PAYLOAD"

// Key is a secret made ready for one day, region and service.
type Key [sha256.Size]byte

// SigningKey derives the key of a claim's scope from a secret.
func (c *Claim) SigningKey(secret string) Key {
	return deriveKey(secret, c.Date, c.Region, c.Service)
}

func deriveKey(secret, date, region, service string) Key {
	k := sum([]byte("AWS4"+secret), date)
	for _, part := range []string{region, service, terminator} {
		k = sum(k, part)
	}
	return Key(k)
}

func sum(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

// Verify computes the signature of the request again and compares. body is the whole body; secure says that the request
// came over TLS, without which its body must be signed.
func (c *Claim) Verify(r *http.Request, body []byte, key Key, secure bool) error {
	payload, err := payloadHash(r, body, secure)
	if err != nil {
		return err
	}
	if err := c.mustBeSigned(r); err != nil {
		return err
	}
	var room [1024]byte // most requests fit
	request, err := c.appendCanonical(room[:0], r, payload)
	if err != nil {
		return err
	}
	want := c.sign(request, key)
	if subtle.ConstantTimeCompare([]byte(want), []byte(c.Signature)) != 1 {
		return mismatch()
	}
	return nil
}

// sign is the signature of a canonical request.
func (c *Claim) sign(request []byte, key Key) string {
	digest := sha256.Sum256(request)
	text := algorithm + "\n" + c.Time.Format(basicFormat) + "\n" +
		c.Date + "/" + c.Region + "/" + c.Service + "/" + terminator + "\n" + hex.EncodeToString(digest[:])
	return hex.EncodeToString(sum(key[:], text))
}

// payloadHash is the hash of the body, or what the client says instead of one.
func payloadHash(r *http.Request, body []byte, secure bool) (string, error) {
	digest := sha256.Sum256(body)
	actual := hex.EncodeToString(digest[:])
	claimed := r.Header.Values("X-Amz-Content-Sha256")
	switch {
	case len(claimed) == 0:
		return actual, nil
	case len(claimed) > 1:
		return "", incomplete("The request has more than one x-amz-content-sha256 header.")
	case claimed[0] == unsigned:
		if !secure {
			return "", invalid("%s is accepted over TLS only.", unsigned)
		}
		return unsigned, nil
	case strings.HasPrefix(claimed[0], "STREAMING-"):
		return "", invalid("x-amz-content-sha256 '%s' is not supported by this service.", clean(claimed[0]))
	case subtle.ConstantTimeCompare([]byte(claimed[0]), []byte(actual)) != 1:
		return "", invalid("The provided 'x-amz-content-sha256' header does not match what was computed.")
	}
	return actual, nil
}

// mustBeSigned refuses requests whose host or x-amz-* headers could have been changed on their way.
func (c *Claim) mustBeSigned(r *http.Request) error {
	if !contains(c.SignedHeaders, "host") && !contains(c.SignedHeaders, ":authority") {
		return invalid("'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.")
	}
	for name := range r.Header {
		// A presigned request may carry its token beside the signature; the token is proven by itself.
		if !strings.HasPrefix(name, "X-Amz-") || name == "X-Amz-Security-Token" {
			continue
		}
		if lower := strings.ToLower(name); !contains(c.SignedHeaders, lower) {
			return invalid("There were headers present in the request which were not signed: %s", clean(lower))
		}
	}
	return nil
}
