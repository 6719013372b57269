package service

import "context"

// A Stream is an answer that goes on after the call itself is done and recorded: one event after another, until either
// side has enough.
type Stream interface {
	// Run sends events until the stream is over, which is no error, or the context ends. A wire.Error is told to the caller
	// as the last event.
	Run(ctx context.Context, send Send) error
	// Close lets go of what the stream holds. It is called once, also where Run never was.
	Close()
}

// HostPrefixes are what SDKs put before the name of a server for operations whose answer goes on.
var HostPrefixes = []string{"stream-", "streaming-"}

// Send sends one event: its name in the model's stream, its shape and its value. It returns once the event is on its way.
type Send func(event, shape string, v any) error
