package client

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/secret"
)

// Credentials sign calls.
type Credentials struct {
	ID            string
	Secret, Token secret.Value
}

// FromEnvironment finds credentials where the AWS tools do: in the environment, else in a shared credentials file.
func FromEnvironment(lookup func(string) string, file string) (Credentials, error) {
	if id := lookup("AWS_ACCESS_KEY_ID"); id != "" {
		return Credentials{ID: id, Secret: secret.Of(lookup("AWS_SECRET_ACCESS_KEY")), Token: secret.Of(lookup("AWS_SESSION_TOKEN"))}, nil
	}
	profile := lookup("AWS_PROFILE")
	if profile == "" {
		profile = "default"
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return Credentials{}, fmt.Errorf("read credentials: %w", err)
	}
	var c Credentials
	inside := false
	for line := range strings.SplitSeq(string(text), "\n") {
		line = strings.TrimSpace(line)
		if name, ok := strings.CutPrefix(line, "["); ok {
			inside = strings.TrimSuffix(strings.TrimSpace(name), "]") == profile
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || !inside {
			continue
		}
		switch value = strings.TrimSpace(value); strings.TrimSpace(name) {
		case "aws_access_key_id":
			c.ID = value
		case "aws_secret_access_key":
			c.Secret = secret.Of(value)
		case "aws_session_token":
			c.Token = secret.Of(value)
		}
	}
	if c.ID == "" {
		return c, errors.New("read credentials: " + file + " has no key in profile " + profile)
	}
	return c, nil
}
