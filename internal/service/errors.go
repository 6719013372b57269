package service

import "errors"

// What a directory of identities may say of an access key. A caller is told no more than whether a session has expired.
var (
	ErrUnknownKey = errors.New("no such key, or one that is not active, or a token that does not belong to it")
	ErrExpiredKey = errors.New("the session has expired")
)
