package iam

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// maxDevices is how many MFA devices a user may have.
const maxDevices = 8

// device finds a virtual MFA device by its serial number, which is its ARN.
func device(from getter, serial string) (*identity.MFADevice, error) {
	notThere := missing("VirtualMFADevice with serial number %s does not exist.", serial)
	d, err := fetch[identity.MFADevice](from, identity.MFAKey(identity.NameOf(serial)), notThere)
	if err == nil && d.ARN != serial {
		return nil, notThere
	}
	return d, err
}

// deviceOf finds a device that is enabled for a user.
func deviceOf(from getter, name, serial string) (*identity.MFADevice, error) {
	u, err := user(from, name)
	if err != nil {
		return nil, err
	}
	d, err := device(from, serial)
	if err != nil && !isFault(err) {
		return nil, err
	}
	if err != nil || d.Enabled == nil || d.User != u.Name {
		return nil, missing("MFA Device with serial number %s is not enabled for user %s.", serial, u.Name)
	}
	return d, nil
}

// devicesOf lists the devices that are enabled for a user.
func devicesOf(from ranger, name string) ([]identity.MFADevice, error) {
	devices, err := all[identity.MFADevice](from, identity.MFAKey(""))
	return slices.DeleteFunc(devices, func(d identity.MFADevice) bool { return d.Enabled == nil || !strings.EqualFold(d.User, name) }), err
}

// changeDevice lets fn change a device in a transaction.
func (s *Service) changeDevice(ctx context.Context, serial string, fn func(store.Tx, *identity.MFADevice) error) error {
	return s.update(ctx, func(tx store.Tx) error {
		d, err := device(tx, serial)
		if err != nil {
			return err
		}
		if err := fn(tx, d); err != nil {
			return err
		}
		return store.Write(tx, identity.MFAKey(d.Name), d)
	})
}

// pair takes the two codes that show whose a device is.
func (s *Service) pair(ctx context.Context, call *service.Call, d *identity.MFADevice, one, two *string) error {
	err := s.factors.Pair(ctx, d, deref(one), deref(two), call.Now)
	if errors.Is(err, identity.ErrCode) {
		return fault("InvalidAuthenticationCodeException", "Authentication code for device is not valid.")
	}
	return err
}

// onDevice is the access of operations on a device, named by its serial number.
func onDevice[In any](s *Service, serial func(*In) *string, more ...func(*In) keys) accessTo[In] {
	return func(ctx context.Context, call *service.Call, in *In) ([]service.Check, error) {
		name := deref(serial(in))
		d, err := device(s.read(ctx), name)
		if err != nil {
			if !isFault(err) {
				return nil, err
			}
			d = &identity.MFADevice{ARN: name}
		}
		if d.ARN == "" {
			d.ARN = call.ARN("mfa/*")
		}
		checks := check(call, "", d.Tags, gather(in, more)...)
		checks[0].Resource = d.ARN
		return checks, nil
	}
}

func shownDevice(d *identity.MFADevice) iamapi.MFADevice {
	return iamapi.MFADevice{SerialNumber: &d.ARN, UserName: &d.User, EnableDate: d.Enabled}
}
