package sts

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"time"

	"github.com/ampkit/ampkit/pkg/emulator/awserr"
	"github.com/ampkit/ampkit/pkg/emulator/iam"
	"github.com/ampkit/ampkit/pkg/emulator/sigv4auth"
	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// Credentials are those of a session.
type Credentials struct {
	AccessKeyID, SecretAccessKey, SessionToken string
	Expiration                                 time.Time
}

// String hides the credentials from logs.
func (c Credentials) String() string { return "[redacted]" }

// GoString hides the credentials from logs.
func (c Credentials) GoString() string { return c.String() }

// session is what a token says, encrypted for the service itself: there is no
// table of sessions to fill up, to prune or to lose in a restart.
type session struct {
	AccessKeyID string        `json:"k"`
	Secret      string        `json:"s"`
	Expires     time.Time     `json:"e"`
	Principal   iam.Principal `json:"p"`
}

// Issue makes credentials for p that end after d.
func (s *Service) Issue(p iam.Principal, d time.Duration) (Credentials, error) {
	var id [10]byte
	var secret [30]byte
	_, _ = rand.Read(id[:]) // never fails, see crypto/rand
	_, _ = rand.Read(secret[:])
	now := s.opts.Clock().UTC()
	p.Conditions = maps.Clone(p.Conditions)
	if p.Conditions == nil {
		p.Conditions = iam.Conditions{}
	}
	p.Conditions["aws:TokenIssueTime"] = []string{now.Format(time.RFC3339)} // what "revoke older sessions" asks for
	ses := session{
		AccessKeyID: "ASIA" + base32.StdEncoding.EncodeToString(id[:]),
		Secret:      base64.StdEncoding.EncodeToString(secret[:]),
		Expires:     now.Add(d).Truncate(time.Second),
		Principal:   p,
	}
	token, err := s.sealer.seal(ses)
	if err != nil {
		return Credentials{}, err
	}
	return Credentials{AccessKeyID: ses.AccessKeyID, SecretAccessKey: ses.Secret, SessionToken: token, Expiration: ses.Expires}, nil
}

// Key implements sigv4auth.Keys: static keys of the store, and sessions.
func (s *Service) Key(accessKeyID, sessionToken string) (sigv4auth.Key, error) {
	if sessionToken == "" {
		k, p, ok := s.opts.Store.AccessKey(accessKeyID)
		if !ok {
			return sigv4auth.Key{}, awserr.InvalidToken()
		}
		return sigv4auth.Key{Secret: k.Secret, Principal: p}, nil
	}
	ses, ok := s.sealer.open(sessionToken)
	if !ok || ses.AccessKeyID != accessKeyID {
		return sigv4auth.Key{}, awserr.InvalidToken()
	}
	if !s.opts.Clock().Before(ses.Expires) {
		return sigv4auth.Key{}, awserr.TokenExpired()
	}
	return sigv4auth.Key{Secret: ses.Secret, Principal: ses.Principal}, nil
}

// sealer encrypts sessions into tokens with AES-256-GCM.
type sealer struct{ aead cipher.AEAD }

const (
	keyFile   = "sts-key"
	keySize   = 32
	tokenType = "ampkit session token 1"
	maxToken  = 32 << 10
)

func newSealer(dir string) (*sealer, error) {
	path := statefile.In(dir, keyFile)
	key, err := statefile.LoadOrMake(path, func() ([]byte, error) {
		key := make([]byte, keySize)
		_, err := rand.Read(key)
		return key, err
	})
	if err != nil {
		return nil, fmt.Errorf("key of session tokens: %w", err)
	}
	if len(key) != keySize {
		return nil, fmt.Errorf("key of session tokens in %s has %d bytes, want %d: remove it to begin anew", path, len(key), keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	return &sealer{aead: aead}, err
}

func (s *sealer) seal(ses session) (string, error) {
	text, err := json.Marshal(ses) //nolint:gosec // encrypted in the next step
	if err != nil {
		return "", err
	}
	sealed := s.aead.Seal(nil, nil, text, []byte(tokenType)) //nolint:gosec // this AEAD makes a random nonce
	return base64.StdEncoding.EncodeToString(sealed), nil
}

// open reads a token that seal has made; any other is not ok.
func (s *sealer) open(token string) (ses session, ok bool) {
	if len(token) > maxToken {
		return ses, false
	}
	sealed, err := base64.StdEncoding.DecodeString(token)
	if err != nil {
		return ses, false
	}
	text, err := s.aead.Open(nil, nil, sealed, []byte(tokenType))
	if err != nil {
		return ses, false
	}
	return ses, json.Unmarshal(text, &ses) == nil
}
