package client

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
)

// A Client calls operations in AWS JSON.
type Client struct {
	URL         string
	Region      string
	Credentials Credentials
	http        *http.Client
}

const (
	timeout   = 60 * time.Second
	maxAnswer = 64 << 20
)

// New makes a client. authority is a PEM file of what signs the server's certificate; empty trusts the system's roots.
func New(url, region, authority string, c Credentials) (*Client, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority != "" {
		pem, err := os.ReadFile(authority)
		if err != nil {
			return nil, fmt.Errorf("read the server's authority: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("read the server's authority: %s holds no certificate", authority)
		}
	}
	return &Client{URL: url, Region: region, Credentials: c, http: &http.Client{
		Timeout: timeout, Transport: &http.Transport{TLSClientConfig: config, ForceAttemptHTTP2: true, Proxy: http.ProxyFromEnvironment},
	}}, nil
}

// An Error is what the server answered instead.
type Error struct{ Code, Message, RequestID string }

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Call calls an operation: service is the signing name, target the prefix and the operation's name.
func (c *Client) Call(ctx context.Context, service, target string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encode the call: %w", err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, c.URL, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("make the call: %w", err)
	}
	r.Header.Set("Content-Type", "application/x-amz-json-1.1")
	r.Header.Set("X-Amz-Target", target)
	digest := sha256.Sum256(body)
	key := aws.Credentials{AccessKeyID: c.Credentials.ID, SecretAccessKey: c.Credentials.Secret.Reveal(), SessionToken: c.Credentials.Token.Reveal()}
	if err := v4.NewSigner().SignHTTP(ctx, key, r, hex.EncodeToString(digest[:]), service, c.Region, time.Now()); err != nil {
		return fmt.Errorf("sign the call: %w", err)
	}
	answer, err := c.http.Do(r)
	if err != nil {
		return fmt.Errorf("call the server: %w", err)
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("read the server's answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		e := &Error{Code: answer.Status, RequestID: answer.Header.Get("X-Amzn-Requestid")}
		var said struct {
			Type    string `json:"__type"`
			Message string `json:"message"`
		}
		if json.Unmarshal(raw, &said) == nil && said.Type != "" {
			e.Code, e.Message = said.Type, said.Message
		}
		return e
	}
	if err := json.Unmarshal(raw, out); err != nil {
		return fmt.Errorf("decode the server's answer: %w", err)
	}
	return nil
}
