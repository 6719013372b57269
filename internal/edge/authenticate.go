package edge

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"

	"github.com/whimbreldb/whimbrel/internal/edge/sigv4"
	"github.com/whimbreldb/whimbrel/internal/edge/wire"
	"github.com/whimbreldb/whimbrel/internal/service"
)

// The texts of refused keys, which say no more than AWS's.
const (
	unknownKeyText = "The security token included in the request is invalid."
	expiredKeyText = "The security token included in the request is expired"
)

// authenticate finds out who signed, or refuses.
func (x *exchange) authenticate(ctx context.Context) error {
	who := &service.Principal{Kind: service.Anonymous, UserID: "anonymous"}
	region := x.edge.config.Region
	if x.claim == nil {
		if !x.unsigned() {
			return wire.MissingToken.New(x.protocol, "Request is missing Authentication Token")
		}
	} else {
		signer, err := x.verify(ctx)
		if err != nil {
			x.body = nil
			x.release()
			return x.slowed(ctx, err)
		}
		x.release()
		vouch(x.r.Context())
		who, region = signer, x.claim.Region
	}
	x.call = &service.Call{
		RequestID: x.id, Principal: who, Partition: x.edge.config.Partition, Region: region, Account: x.edge.config.Account,
		Now: x.now, Source: x.source, Check: x.check, Charge: x.charge,
	}
	return x.through()
}

func (x *exchange) verify(ctx context.Context) (*service.Principal, error) {
	c := x.claim
	secret, who, err := x.edge.config.Credentials.Credential(ctx, c.AccessKeyID, c.Token, x.now)
	switch {
	case errors.Is(err, service.ErrExpiredKey):
		return nil, wire.ExpiredToken.New(x.protocol, expiredKeyText)
	case errors.Is(err, service.ErrUnknownKey):
		return nil, wire.UnknownKey.New(x.protocol, unknownKeyText)
	case err != nil:
		return nil, fmt.Errorf("look up an access key: %w", err)
	}
	name, regions := "", []string{x.edge.config.Region}
	if x.service != nil {
		name = x.service.Model.SigningName
		if x.service.Model.Global {
			regions = append(regions, globalRegion(x.edge.config.Partition)...)
		}
	}
	if err := c.CheckScope(x.now, name, regions...); err != nil {
		return nil, x.refuse(err)
	}
	if err := c.Verify(x.r, x.body, x.edge.keys.of(c, secret), x.r.TLS != nil); err != nil {
		return nil, x.refuse(err)
	}
	return who, nil
}

// globalRegion is what calls of services without regions, such as IAM, are signed for wherever the caller is (the endpoint tables of AWS's
// SDKs: the signing region of iam in each partition).
func globalRegion(partition string) []string {
	switch partition {
	case "aws":
		return []string{"us-east-1"}
	case "aws-cn":
		return []string{"cn-north-1"}
	case "aws-us-gov":
		return []string{"us-gov-west-1"}
	case "aws-iso":
		return []string{"us-iso-east-1"}
	case "aws-iso-b":
		return []string{"us-isob-east-1"}
	case "aws-iso-e":
		return []string{"eu-isoe-west-1"}
	case "aws-iso-f":
		return []string{"us-isof-south-1"}
	case "aws-eusc":
		return []string{"eusc-de-east-1"}
	}
	return nil
}

// through finds the VPC endpoint that the request came through.
func (x *exchange) through() error {
	if x.edge.config.Endpoints == nil {
		return nil
	}
	names := []string{x.r.Host}
	if x.r.TLS != nil && x.r.TLS.ServerName != "" {
		names = append(names, x.r.TLS.ServerName)
	}
	var local netip.Addr
	if at, ok := x.r.Context().Value(http.LocalAddrContextKey).(net.Addr); ok {
		local = address(at.String())
	}
	e, err := x.edge.config.Endpoints.Endpoint(names, local, &x.source)
	if err != nil {
		return wire.AccessDenied.New(x.protocol, "%s", err.Error())
	}
	if e != nil && x.service != nil && e.Service != x.service.Model.SigningName {
		return wire.AccessDenied.New(x.protocol, "The VPC endpoint %s leads to %s alone.", e.ID, e.Service)
	}
	x.source.Endpoint, x.call.Source.Endpoint = e, e
	return nil
}

// signingKeys remembers the keys of the day, which cost four HMACs to make.
type signingKeys struct {
	sync.RWMutex
	known map[string]signingKey
}

type signingKey struct {
	secret string
	key    sigv4.Key
}

// maxSigningKeys bounds what is remembered: when there are more, all are forgotten.
const maxSigningKeys = 4096

func (k *signingKeys) of(c *sigv4.Claim, secret string) sigv4.Key {
	name := c.AccessKeyID + "/" + c.Date + "/" + c.Region + "/" + c.Service
	k.RLock()
	known, ok := k.known[name]
	k.RUnlock()
	if ok && known.secret == secret {
		return known.key
	}
	key := c.SigningKey(secret)
	k.Lock()
	defer k.Unlock()
	if k.known == nil || len(k.known) >= maxSigningKeys {
		k.known = map[string]signingKey{}
	}
	k.known[name] = signingKey{secret, key}
	return key
}
