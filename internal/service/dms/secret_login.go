package dms

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/instance"
)

// A login is what a database is reached with.
type login struct {
	user, password, server string
	port                   int64
}

// login finds an endpoint's login: its own with the password unsealed, or the one that its secret holds now, so that a
// rotated password is taken at the next connection.
func (s *Service) login(ctx context.Context, e *engine, rec *Endpoint) (login, error) {
	if id := rec.Settings[secretID]; id != "" {
		return s.secretLogin(ctx, e, rec, id)
	}
	what, err := s.open(ctx, s.arn(endpoints, rec.ID), rec.Sealed)
	if err != nil {
		return login{}, refused(err, "The password of endpoint %s cannot be opened", rec.Name)
	}
	return login{rec.User, what.Password, rec.Server, rec.Port}, nil
}

func (s *Service) secretLogin(ctx context.Context, e *engine, rec *Endpoint, id string) (login, error) {
	if s.Secrets == nil {
		return login{}, refusal("Endpoint %s logs in by the secret %s, and this server has no Secrets Manager.", rec.Name, id)
	}
	raw, err := s.Secrets.Value(ctx, rec.Settings[secretRole], id)
	if err != nil {
		return login{}, refused(err, "The secret %s of endpoint %s cannot be read", id, rec.Name)
	}
	l, problem := readLogin(raw)
	if problem != "" {
		return login{}, refusal("The secret %s of endpoint %s is not a login: %s. It must be a JSON object with username, password, host and port.", id, rec.Name, problem)
	}
	if l.port == 0 {
		l.port = e.port
	}
	return l, nil
}

// readLogin reads the value of a secret, or says what is wrong with it without repeating any of it. The port may be a
// number or a text; members that mean nothing here are passed over, as rotation functions add some.
func readLogin(raw []byte) (l login, problem string) {
	var members map[string]json.RawMessage
	if json.Unmarshal(raw, &members) != nil || members == nil {
		return l, "it is not a JSON object"
	}
	for _, m := range []struct {
		name string
		to   *string
	}{{"username", &l.user}, {"password", &l.password}, {"host", &l.server}} {
		if json.Unmarshal(members[m.name], m.to) != nil || *m.to == "" {
			return l, m.name + " is missing or is not a text"
		}
	}
	if port, there := members["port"]; there {
		n, err := strconv.ParseInt(string(bytes.Trim(port, `" `)), 10, 64)
		if err != nil || n < 1 || n > 65535 {
			return l, "port is not a number from 1 to 65535"
		}
		l.port = n
	}
	if !validServer(l.server) {
		return l, "host is neither a host name nor an address"
	}
	return l, ""
}

// refusal is an error whose text is for the caller.
func refusal(form string, args ...any) error {
	return &instance.Refusal{Message: fmt.Sprintf(form, args...)}
}

// refused makes an error of a service that this one has asked into such a refusal. Other errors are this server's own.
func refused(err error, form string, args ...any) error {
	what := fmt.Sprintf(form, args...)
	var e *wire.Error
	if errors.As(err, &e) && !e.Server {
		return refusal("%s: %s", what, strings.TrimSuffix(e.Message, ".")+".")
	}
	return fmt.Errorf("%s: %w", strings.ToLower(what[:1])+what[1:], err)
}
