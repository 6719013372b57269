// Package iam answers the API of AWS Identity and Access Management: users, groups, roles, instance profiles, policies
// and their versions, boundaries, access keys, tags, identity providers, the simulator and the account's reports.
//
// The records are those of package identity, which the edge reads to know who asks and what speaks for them; this
// package writes them. Every policy is parsed before it is stored, so that no document in the store is one that the
// decision engine cannot read. Passwords, MFA devices, server certificates and SAML are not here.
package iam
