package worker

import (
	"io"
	"net/url"
	"strconv"
	"strings"

	"github.com/whimbreldb/whimbrel/internal/instance"
)

// shortSecret is the length from which a password is looked for in texts; shorter ones would take pieces out of words.
const shortSecret = 5

// scrubber takes passwords out of texts. Connectors do not put them there; what a server or a library says may.
type scrubber struct{ replace *strings.Replacer }

func newScrubber(ends ...instance.Endpoint) scrubber {
	var pairs []string
	for _, e := range ends {
		for _, secret := range secretsOf(e.URL) {
			quoted := strconv.Quote(secret) // as errors do
			for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), quoted[1 : len(quoted)-1]} {
				pairs = append(pairs, form, "xxxxx", oneLine(form), "xxxxx", inQuotes(oneLine(form)), "xxxxx") // as a line has them
			}
		}
	}
	return scrubber{strings.NewReplacer(pairs...)}
}

// secretsOf finds the passwords in a URL, and the secrets of the keys of a store.
func secretsOf(raw string) (secrets []string) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil
	}
	add := func(s string) {
		if len(s) >= shortSecret {
			secrets = append(secrets, s)
		}
	}
	if password, ok := u.User.Password(); ok {
		add(password)
	}
	for name, values := range u.Query() {
		if name = strings.ToLower(name); strings.Contains(name, "password") || strings.Contains(name, "secret") {
			for _, v := range values {
				add(v)
			}
		}
	}
	return secrets
}

func (s scrubber) text(t string) string {
	if s.replace == nil {
		return t // nothing is known of that could be secret
	}
	return s.replace.Replace(t)
}

// reason is a reason as it is shown: on one line, bounded, without passwords.
func (s scrubber) reason(t string) string { return bounded(s.text(oneLine(t))) }

// writer is a writer whose lines are scrubbed.
func (s scrubber) writer(w io.Writer) io.Writer { return scrubbedWriter{s, w} }

type scrubbedWriter struct {
	scrubber
	to io.Writer
}

// Write takes whole lines.
func (w scrubbedWriter) Write(line []byte) (int, error) {
	if _, err := w.replace.WriteString(w.to, string(line)); err != nil {
		return 0, err
	}
	return len(line), nil
}
