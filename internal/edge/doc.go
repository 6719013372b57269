// Package edge is the way in: it turns an HTTP request into a call of a service and the answer back.
//
//	listen → read (bounded) → route → authenticate → throttle → decode → authorize → validate → call → record → answer
//
// It holds no decision of its own. Who signed is asked of Credentials, whether they may of an Authorizer, what a call does
// of the services; every call, refused ones too, is given to a Recorder before it is answered, and none is carried out while
// the Recorder could not take it. Nothing is answered to an unsigned request but the operations whose model says that they
// carry their own proof.
package edge
