package certificate

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"time"
)

// checkEvery is how often the files are looked at, when there are connections.
const checkEvery = 2 * time.Second

// Files gives out the user's certificate and reads it again when a file has changed. While a changed file cannot be read,
// say because only one of the two has been replaced yet, the last good certificate stays.
type Files struct {
	certificate, key string
	log              *slog.Logger

	mu      sync.Mutex
	current *tls.Certificate
	seen    [2]time.Time
	checked time.Time
}

// OpenFiles reads a PEM certificate with its chain, and its key.
func OpenFiles(certificate, key string, log *slog.Logger) (*Files, error) {
	f := &Files{certificate: certificate, key: key, log: log}
	return f, f.read()
}

func (f *Files) read() error {
	seen, err := f.times()
	if err != nil {
		return err
	}
	pair, err := tls.LoadX509KeyPair(f.certificate, f.key)
	if err != nil {
		return fmt.Errorf("read the certificate %s and its key %s: %w", f.certificate, f.key, err)
	}
	f.current, f.seen = &pair, seen
	return nil
}

func (f *Files) times() (seen [2]time.Time, err error) {
	for i, name := range []string{f.certificate, f.key} {
		info, err := os.Stat(name)
		if err != nil {
			return seen, fmt.Errorf("look at the certificate's files: %w", err)
		}
		seen[i] = info.ModTime()
	}
	return seen, nil
}

// Get is a tls.Config's GetCertificate.
func (f *Files) Get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if now := time.Now(); now.Sub(f.checked) >= checkEvery {
		f.checked = now
		f.refresh()
	}
	return f.current, nil
}

func (f *Files) refresh() {
	seen, err := f.times()
	if err == nil && seen == f.seen {
		return
	}
	if err == nil {
		err = f.read()
	}
	if err != nil {
		f.log.Error("the changed certificate is not usable; the last one stays", "error", err)
		return
	}
	f.log.Info("the certificate has changed", "certificate", f.certificate, "until", f.current.Leaf.NotAfter)
}
