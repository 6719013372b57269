package server

import "net"

// About is what a person needs to use a server.
type About struct {
	URL          string
	Also         []string // host:port of the API beside it
	Admin        string   // host:port of health and metrics
	DataDir      string
	Account      string
	Region       string
	OwnAuthority bool // clients must trust ca.pem
}

// About describes the running server.
func (s *Server) About() About {
	a := About{DataDir: s.config.DataDir, Account: s.cluster.Account, Region: s.cluster.Region, OwnAuthority: s.own}
	host, port, _ := net.SplitHostPort(s.api.Address().String())
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	a.URL = "https://" + net.JoinHostPort(host, port)
	for _, more := range s.also {
		a.Also = append(a.Also, more.Address().String())
	}
	if s.admin != nil {
		a.Admin = s.admin.listener.Addr().String()
	}
	return a
}
