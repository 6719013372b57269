package secretsmanager

import (
	"context"
	"errors"

	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// addition is a request to add a value to a secret.
type addition struct {
	Secret, Token *string
	Text          *string
	Binary        []byte
	Key           *string // that the secret is sealed under from now on, if it is to be another
}

// add seals a value and has edit put it into the secret's record. A request that is sent again, be it at the same time, changes
// nothing more and is answered with the version that it has made.
func (s *Service) add(ctx context.Context, call *service.Call, a addition, edit func(*secretRecord, version) error) (*secretRecord, *version, error) {
	r, v, err := s.added(ctx, call, a)
	if err != nil || v != nil {
		return r, v, err
	}
	if a.Key != nil {
		r.Key = *a.Key
	}
	fresh, err := s.seal(ctx, call, r, a.Token, a.Text, a.Binary)
	if err != nil {
		return nil, nil, err
	}
	changed, err := s.change(ctx, call, &r.ARN, func(r *secretRecord) error { return edit(r, fresh) })
	if isThere(err) { // the same request was faster, or another with its token
		if r, v, err := s.added(ctx, call, a); err != nil || v != nil {
			return r, v, err
		}
	}
	if err != nil {
		return nil, nil, err
	}
	return changed, changed.version(fresh.ID), nil
}

// added finds a secret, and the version that the same request has added before; nil if it is the first.
func (s *Service) added(ctx context.Context, call *service.Call, a addition) (*secretRecord, *version, error) {
	r, err := s.live(s.read(ctx), call, a.Secret)
	if err != nil {
		return nil, nil, err
	}
	v := r.version(deref(a.Token))
	if v == nil {
		return r, nil, nil
	}
	return r, v, s.same(ctx, call, r, v, a.Text, a.Binary)
}

// isThere reports that what was to be made is there.
func isThere(err error) bool {
	refused, ok := errors.AsType[*wire.Error](err)
	return ok && refused.Code == "ResourceExistsException"
}
