// Package identity keeps who there is: users, groups, roles, managed policies, access keys and identity providers, as they
// lie in the store, and a Directory of them in memory that answers the edge without a round trip: whose key is this, and
// which policies speak for its holder?
//
// Secrets are sealed before they reach the store (see Sealer). Temporary credentials are not stored at all: their session
// token is the sealed session (see Tokens), so they survive a restart and end when they should; a session lives no longer
// than its user or role.
package identity
