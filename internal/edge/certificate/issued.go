package certificate

import (
	"crypto/tls"
	"sync"
	"time"
)

// Issued gives out a certificate of our own authority and makes a new one in good time.
type Issued struct {
	authority *Authority
	names     []string
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
}

// NewIssued makes the first certificate.
func NewIssued(a *Authority, names []string, now func() time.Time) (*Issued, error) {
	i := &Issued{authority: a, names: names, now: now}
	_, err := i.Get(nil)
	return i, err
}

// Get is a tls.Config's GetCertificate.
func (i *Issued) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	if i.current == nil || i.current.Leaf.NotAfter.Sub(now) < renewBefore {
		fresh, err := i.authority.Issue(i.names, now)
		if err != nil {
			return nil, err
		}
		i.current = fresh
	}
	return i.current, nil
}
