// Package policy is the IAM policy language: it reads policy documents strictly, compiles them once, and decides whether
// a request may be made.
//
// What comes in: documents (Parse), the request's action, resource, principal and condition keys (Request), and every
// policy that has a say in it (Policies). What goes out: a Decision that names the kind of policy, the policy and the
// statement that decided, and from which AWS's own denial message is made; Explain tells the same story statement by
// statement.
//
// Deciding is a pure function: no clock, no store, no network. The time of the request is a condition key like any other.
// What must never be false: a matching Deny in any policy wins; a request that nothing allows is denied; a document that
// was accepted has no part that is ignored.
package policy
