// Package sts is the Security Token Service: who am I, and temporary credentials for roles, users and web identities.
//
// Nothing is stored: a session token holds the whole session, sealed. A session's credentials therefore survive a restart
// and end on time, and at once when their user or role is deleted.
package sts
