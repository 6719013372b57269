// Package sigv4 verifies AWS Signature Version 4 on incoming requests, in the header and in the presigned (query) form.
//
// Parse reads what the request claims, without believing it; CheckScope holds the claim against the clock, the region and
// the service; Verify computes the signature again and compares in constant time. The caller looks up the secret between
// the two. Everything that is signed is what is acted on: the canonical query decodes as the form parser does, every
// x-amz-* header must be signed, and a payload hash that was sent is compared with the body.
//
// SigV4A (ECDSA, multi-region) is refused by name: no SDK uses it for the services that are served.
package sigv4
