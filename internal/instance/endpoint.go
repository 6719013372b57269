package instance

import (
	"log/slog"
	"net/netip"
)

// An Endpoint is a database as an instance reaches it. It holds a password: it has no text of its own, and log lines show
// its engine alone.
type Endpoint struct {
	Engine string // DMS's name of the engine
	// URL is that of package connector, with the password; paths of files it names lie in the instance's directory.
	URL string
	// Settings are the endpoint settings by DMS's names.
	Settings map[string]string
	// Files are made beside the instance before the URL is used: authorities (PEM), by name.
	Files map[string]string
	// Egress are the addresses that the instance's security groups let it reach. Every connection is checked against them.
	Egress []Egress
}

// An Egress lets TCP connections to the addresses of a prefix and a range of ports through.
type Egress struct {
	To          netip.Prefix
	First, Last uint16
}

// String keeps the password out of texts.
func (e Endpoint) String() string { return e.Engine + " endpoint" }

// GoString keeps it out of %#v.
func (e Endpoint) GoString() string { return e.String() }

// LogValue keeps it out of logs.
func (e Endpoint) LogValue() slog.Value { return slog.StringValue(e.String()) }
