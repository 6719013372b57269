package identity

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/whimbreldb/whimbrel/internal/service"
)

// A Grant is what a session token holds: temporary credentials and whose they are. It is stored nowhere else.
type Grant struct {
	Key      string                `json:"k"`
	Secret   string                `json:"s"`
	Kind     service.PrincipalKind `json:"t"`
	Name     string                `json:"n"` // of the user or role
	ID       string                `json:"i"` // of the user or role: one made anew under the same name is another
	Session  string                `json:"e,omitempty"`
	Issued   time.Time             `json:"b"`
	Expires  time.Time             `json:"x"`
	Policy   string                `json:"p,omitempty"`
	Managed  []string              `json:"m,omitempty"`
	MFA      bool                  `json:"f,omitempty"`
	Source   string                `json:"o,omitempty"` // source identity
	Tags     map[string]string     `json:"g,omitempty"`
	Keep     []string              `json:"r,omitempty"` // transitive tag keys
	Provider string                `json:"v,omitempty"`
	Chained  bool                  `json:"c,omitempty"`
}

// Tokens makes and opens session tokens.
type Tokens struct{ sealer Sealer }

// NewTokens makes tokens under a key.
func NewTokens(sealer Sealer) *Tokens { return &Tokens{sealer} }

var tokenData = []byte("whimbrel session token 1")

// ErrToken says that a session token was not made here, or was changed.
var ErrToken = errors.New("not a session token of ours")

// Issue completes a grant with a key and a secret and seals it.
func (t *Tokens) Issue(g *Grant) (token string, err error) {
	g.Key, g.Secret = NewID(TemporaryKey), NewSecret()
	g.Issued, g.Expires = g.Issued.UTC().Truncate(time.Second), g.Expires.UTC().Truncate(time.Second)
	plain, err := json.Marshal(g)
	if err != nil {
		return "", fmt.Errorf("encode a session: %w", err)
	}
	sealed, err := t.sealer.Seal(plain, tokenData)
	if err != nil {
		return "", fmt.Errorf("seal a session: %w", err)
	}
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// Open reads a token. Whether it has expired is for the caller to see.
func (t *Tokens) Open(token string) (*Grant, error) {
	sealed, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return nil, ErrToken
	}
	plain, err := t.sealer.Open(sealed, tokenData)
	if err != nil {
		return nil, ErrToken
	}
	g := new(Grant)
	if err := json.Unmarshal(plain, g); err != nil {
		return nil, ErrToken
	}
	return g, nil
}
