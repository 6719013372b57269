package iam

import (
	"bytes"
	"fmt"
	"image/png"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"
	"github.com/stretchr/testify/require"

	"github.com/whimbreldb/whimbrel/internal/edge/wire/iamapi"
	"github.com/whimbreldb/whimbrel/internal/identity"
	"github.com/whimbreldb/whimbrel/internal/service"
	"github.com/whimbreldb/whimbrel/internal/store"
)

// phone makes codes of a seed, as an application does.
type phone struct {
	t    *testing.T
	seed string
}

func (p phone) code(at time.Time) *string {
	p.t.Helper()
	code, err := totp.GenerateCode(p.seed, at)
	require.NoError(p.t, err)
	return &code
}

func newDevice(t *testing.T, s *service.Service, call *service.Call, name string) (phone, *string) {
	t.Helper()
	made, err := do[iamapi.CreateVirtualMFADeviceResponse](t, s, call, "CreateVirtualMFADevice", &iamapi.CreateVirtualMFADeviceRequest{VirtualMFADeviceName: &name})
	require.NoError(t, err)
	_, err = png.Decode(bytes.NewReader(made.VirtualMFADevice.QRCodePNG))
	require.NoError(t, err)
	return phone{t, string(made.VirtualMFADevice.Base32StringSeed)}, made.VirtualMFADevice.SerialNumber
}

// TestSecondFactors gives a device to a user, whose codes then count, each once; and takes it away again.
func TestSecondFactors(t *testing.T) {
	s, call, usage := newService(t)
	factors := factorsOf(usage.store)
	for _, name := range []string{"ann", "bob"} {
		_, err := do[iamapi.CreateUserResponse](t, s, call, "CreateUser", &iamapi.CreateUserRequest{UserName: &name})
		require.NoError(t, err)
	}
	p, serial := newDevice(t, s, call, "ann-phone")
	require.Equal(t, "arn:aws:iam::111122223333:mfa/ann-phone", *serial)
	item, err := usage.store.Get(t.Context(), identity.MFAKey("ann-phone"))
	require.NoError(t, err)
	require.NotContains(t, string(item.Value), p.seed, "the seed is sealed")
	_, err = do[iamapi.CreateVirtualMFADeviceResponse](t, s, call, "CreateVirtualMFADevice", &iamapi.CreateVirtualMFADeviceRequest{VirtualMFADeviceName: new("Ann-Phone")})
	require.ErrorContains(t, err, "EntityAlreadyExists")

	now, step := call.Now, 30*time.Second
	enable := func(user string, one, two *string) error {
		_, err := do[service.None](t, s, call, "EnableMFADevice", &iamapi.EnableMFADeviceRequest{UserName: &user, SerialNumber: serial, AuthenticationCode1: one, AuthenticationCode2: two})
		return err
	}
	require.ErrorContains(t, enable("ann", p.code(now), p.code(now)), "InvalidAuthenticationCode", "one code twice")
	require.ErrorContains(t, enable("ann", p.code(now), p.code(now.Add(2*step))), "InvalidAuthenticationCode", "not in a row")
	require.ErrorContains(t, enable("ann", p.code(now.Add(-time.Hour)), p.code(now.Add(step-time.Hour))), "InvalidAuthenticationCode", "too old")
	require.ErrorContains(t, factors.Check(t.Context(), "ann", *serial, *p.code(now), now), "not right", "not enabled yet")
	require.NoError(t, enable("ann", p.code(now.Add(-step)), p.code(now)))
	require.ErrorContains(t, enable("bob", p.code(now.Add(step)), p.code(now.Add(2*step))), "EntityAlreadyExists")

	taken := func(user string, code *string, now time.Time) bool {
		err := factors.Check(t.Context(), user, *serial, *code, now)
		if err != nil {
			require.ErrorIs(t, err, identity.ErrCode)
		}
		return err == nil
	}
	require.False(t, taken("ann", p.code(now), now), "its code was used to enable it")
	now = now.Add(step)
	require.False(t, taken("bob", p.code(now), now), "somebody else's")
	require.True(t, taken("ann", p.code(now), now))
	require.False(t, taken("ann", p.code(now), now), "a code counts once")
	require.True(t, taken("ann", p.code(now.Add(step)), now), "a clock may be ahead")
	require.False(t, taken("ann", p.code(now), now), "nor does one before it")
	now = now.Add(10 * step)
	require.False(t, taken("ann", p.code(now.Add(-3*step)), now), "too old")

	// Whose device is shown is who is checked, also where the caller says nobody.
	for _, name := range []*string{nil, new("ann")} {
		bob := *call
		bob.Service, bob.Operation = &iamapi.Service, iamapi.Service.Operation("GetMFADevice")
		bob.Principal = &service.Principal{Kind: service.User, Name: "bob", Account: call.Account}
		checks, err := s.Operation("GetMFADevice").Access(t.Context(), &bob, &iamapi.GetMFADeviceRequest{SerialNumber: serial, UserName: name})
		require.NoError(t, err)
		require.Equal(t, "arn:aws:iam::111122223333:user/ann", checks[0].Resource)
	}

	// A device whose clock goes wrong is told apart by two codes.
	slow := now.Add(-15 * step)
	_, err = do[service.None](t, s, call, "ResyncMFADevice", &iamapi.ResyncMFADeviceRequest{UserName: new("ann"), SerialNumber: serial, AuthenticationCode1: p.code(slow), AuthenticationCode2: p.code(slow.Add(step))})
	require.ErrorContains(t, err, "InvalidAuthenticationCode", "codes of before the last one")
	later := *call
	later.Now = now.Add(20 * step)
	slow = later.Now.Add(-15 * step)
	_, err = do[service.None](t, s, &later, "ResyncMFADevice", &iamapi.ResyncMFADeviceRequest{UserName: new("ann"), SerialNumber: serial, AuthenticationCode1: p.code(slow), AuthenticationCode2: p.code(slow.Add(step))})
	require.NoError(t, err)
	require.True(t, taken("ann", p.code(slow.Add(2*step)), later.Now))

	// Nobody can try them all.
	now = later.Now.Add(step)
	for range 5 {
		require.False(t, taken("ann", new("000000"), now))
	}
	good := p.code(slow.Add(3 * step))
	require.False(t, taken("ann", good, now), "left alone for a minute")
	now = now.Add(2 * step)
	require.True(t, taken("ann", p.code(slow.Add(5*step)), now))

	_, err = do[service.None](t, s, call, "DeleteUser", &iamapi.DeleteUserRequest{UserName: new("ann")})
	require.ErrorContains(t, err, "must delete MFA device first")
	_, err = do[service.None](t, s, call, "DeleteVirtualMFADevice", &iamapi.DeleteVirtualMFADeviceRequest{SerialNumber: serial})
	require.ErrorContains(t, err, "DeleteConflict")
	_, err = do[service.None](t, s, call, "UpdateUser", &iamapi.UpdateUserRequest{UserName: new("ann"), NewUserName: new("anne")})
	require.NoError(t, err)
	mine, err := do[iamapi.ListMFADevicesResponse](t, s, call, "ListMFADevices", &iamapi.ListMFADevicesRequest{UserName: new("anne")})
	require.NoError(t, err)
	require.Len(t, mine.MFADevices, 1, "a device goes along with its user")
	all, err := do[iamapi.ListVirtualMFADevicesResponse](t, s, call, "ListVirtualMFADevices", &iamapi.ListVirtualMFADevicesRequest{AssignmentStatus: new("Assigned")})
	require.NoError(t, err)
	require.Equal(t, "anne", *all.VirtualMFADevices[0].User.UserName)
	require.Nil(t, all.VirtualMFADevices[0].Base32StringSeed)
	_, err = do[service.None](t, s, call, "DeactivateMFADevice", &iamapi.DeactivateMFADeviceRequest{UserName: new("anne"), SerialNumber: serial})
	require.NoError(t, err)
	require.False(t, taken("anne", p.code(now.Add(step)), now.Add(step)))
	_, err = do[service.None](t, s, call, "DeleteVirtualMFADevice", &iamapi.DeleteVirtualMFADeviceRequest{SerialNumber: serial})
	require.NoError(t, err)
	_, err = do[service.None](t, s, call, "DeleteUser", &iamapi.DeleteUserRequest{UserName: new("anne")})
	require.NoError(t, err)
}

// TestACodeIsTakenOnce has many take the same code at once.
func TestACodeIsTakenOnce(t *testing.T) {
	s, call, usage := newService(t)
	_, err := do[iamapi.CreateUserResponse](t, s, call, "CreateUser", &iamapi.CreateUserRequest{UserName: new("ann")})
	require.NoError(t, err)
	p, serial := newDevice(t, s, call, "d")
	now := call.Now
	_, err = do[service.None](t, s, call, "EnableMFADevice", &iamapi.EnableMFADeviceRequest{UserName: new("ann"), SerialNumber: serial, AuthenticationCode1: p.code(now.Add(-time.Minute)), AuthenticationCode2: p.code(now.Add(-30 * time.Second))})
	require.NoError(t, err)
	factors, code := factorsOf(usage.store), *p.code(now)
	results := make(chan error, 4)
	for range cap(results) {
		go func() { results <- factors.Check(t.Context(), "ann", *serial, code, now) }()
	}
	won := 0
	for range cap(results) {
		if <-results == nil {
			won++
		}
	}
	require.Equal(t, 1, won)
}

func factorsOf(st store.Store) *identity.Factors {
	return &identity.Factors{Store: st, Safe: testSafe(st)}
}

// TestAnAccountHasRoomForSoMany makes as many of something as there may be, and one more.
func TestAnAccountHasRoomForSoMany(t *testing.T) {
	s, call, usage := newService(t)
	fill := func(n int, write func(tx store.Tx, name string) error) {
		for begin := 0; begin < n; begin += 1000 {
			_, err := usage.store.Update(t.Context(), func(tx store.Tx) error {
				for i := begin; i < min(begin+1000, n); i++ {
					if err := write(tx, fmt.Sprintf("n%05d", i)); err != nil {
						return err
					}
				}
				return nil
			})
			require.NoError(t, err)
		}
	}
	fill(devicesQuota.most-1, func(tx store.Tx, name string) error {
		return store.Write(tx, identity.MFAKey(name), identity.MFADevice{Name: name})
	})
	fill(groupsQuota.most-1, func(tx store.Tx, name string) error {
		return store.Write(tx, identity.GroupKey(name), identity.Group{Name: name})
	})
	device := func(name string) error {
		_, err := do[iamapi.CreateVirtualMFADeviceResponse](t, s, call, "CreateVirtualMFADevice", &iamapi.CreateVirtualMFADeviceRequest{VirtualMFADeviceName: &name})
		return err
	}
	group := func(name string) error {
		_, err := do[iamapi.CreateGroupResponse](t, s, call, "CreateGroup", &iamapi.CreateGroupRequest{GroupName: &name})
		return err
	}
	for want, make := range map[string]func(string) error{"VirtualMfaDevicesPerAccount: 5000": device, "GroupsPerAccount: 500": group} {
		require.NoError(t, make("last"))
		require.ErrorContains(t, make("one-more"), "Cannot exceed quota for "+want)
		require.ErrorContains(t, make("last"), "EntityAlreadyExists")
	}
}
