package identity

import (
	"bytes"
	"context"
	"crypto/subtle"
	"errors"
	"fmt"
	"image/png"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"github.com/whimbreldb/whimbrel/internal/store"
)

// An MFADevice is a virtual one: a seed that an application on someone's phone makes codes of.
type MFADevice struct {
	Name, Path string
	ARN        string
	Seed       []byte // sealed under a key of KMS, bound to the device's ARN
	Created    time.Time
	Tags       map[string]string `json:",omitempty"`
	User       string            `json:",omitempty"` // whose it is once it is enabled
	Enabled    *time.Time        `json:",omitempty"`
	Drift      int64             `json:",omitempty"` // steps that its clock is ahead
	Used       int64             // the step of the last code that was taken: no code of it or before is taken again
	Wrong      int               `json:",omitempty"` // codes in a row that were not right,
	Tried      time.Time         `json:",omitzero"`  // and when the last was
}

// Factors are the second factors of users.
type Factors struct {
	Store store.Store
	Safe  Safe // of the seeds
}

// What a code is good for: steps of half a minute, the one before and the one after with it; and, when two in a row show
// how a device's clock stands, ten minutes before and after.
const (
	step       = 30 // seconds
	tolerance  = 1
	searched   = 20
	seedSize   = 40
	wrongCodes = 5 // in a row, then a device is left alone
	leaveAlone = time.Minute
)

// ErrCode says that a code is not right, or has been used.
var ErrCode = errors.New("the authentication code is not right")

// NewSeed makes a seed, in base32, and the picture that applications read it from.
func NewSeed(account, user string) (seed string, picture []byte, err error) {
	key, err := totp.Generate(totp.GenerateOpts{Issuer: "Whimbrel", AccountName: user + "@" + account, SecretSize: seedSize})
	if err != nil {
		return "", nil, fmt.Errorf("make a seed: %w", err)
	}
	image, err := key.Image(300, 300)
	if err != nil {
		return "", nil, fmt.Errorf("draw a seed: %w", err)
	}
	var out bytes.Buffer
	if err := png.Encode(&out, image); err != nil {
		return "", nil, fmt.Errorf("draw a seed: %w", err)
	}
	return key.Secret(), out.Bytes(), nil
}

func boundTo(arn string) map[string]string { return map[string]string{"aws:iam:mfa": arn} }

// Seal seals a seed for the device of an ARN.
func (f *Factors) Seal(ctx context.Context, arn, seed string) ([]byte, error) {
	return f.Safe.Seal(ctx, []byte(seed), boundTo(arn))
}

// Pair takes two codes in a row, which show that whoever sends them has the device, and how its clock stands. The caller
// writes the device.
func (f *Factors) Pair(ctx context.Context, d *MFADevice, one, two string, now time.Time) error {
	seed, err := f.open(ctx, d)
	if err != nil {
		return err
	}
	at := now.Unix() / step
	for off := int64(-searched); off <= searched; off++ {
		if at+off > d.Used && right(seed, at+off, one) && right(seed, at+off+1, two) {
			d.Drift, d.Used, d.Wrong = off+1, at+off+1, 0 // the second code is the present one
			return nil
		}
	}
	return ErrCode
}

// Check takes a code of a user's device, once: neither it nor an earlier one is taken again. Codes that are wrong are
// counted; after some of them the device is left alone for a while, so that nobody can try them all.
func (f *Factors) Check(ctx context.Context, user, arn, code string, now time.Time) error {
	taken := false
	_, err := f.Store.Update(ctx, func(tx store.Tx) error {
		taken = false
		d, err := store.Read[MFADevice](tx, MFAKey(NameOf(arn)))
		if errors.Is(err, store.ErrNotFound) {
			return ErrCode
		}
		if err != nil {
			return fmt.Errorf("read an MFA device: %w", err)
		}
		if d.ARN != arn || d.Enabled == nil || d.User != user || d.Wrong >= wrongCodes && now.Sub(d.Tried) < leaveAlone {
			return ErrCode
		}
		seed, err := f.open(ctx, &d)
		if err != nil {
			return err
		}
		at := now.Unix()/step + d.Drift
		for n := at - tolerance; n <= at+tolerance; n++ {
			if n > d.Used && right(seed, n, code) {
				taken, d.Used = true, n
			}
		}
		d.Wrong, d.Tried = d.Wrong+1, now.UTC()
		if taken {
			d.Wrong = 0
		}
		return store.Write(tx, MFAKey(d.Name), &d)
	})
	if err == nil && !taken {
		return ErrCode
	}
	return err
}

func (f *Factors) open(ctx context.Context, d *MFADevice) (string, error) {
	plain, err := f.Safe.Open(ctx, d.Seed, boundTo(d.ARN))
	return string(plain), err
}

// right compares a code with that of a step, in constant time.
func right(seed string, n int64, code string) bool {
	want, err := hotp.GenerateCodeCustom(seed, uint64(max(n, 0)), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	return err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1
}
