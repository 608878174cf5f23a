// Package oidc is an OpenID Connect issuer as a Kubernetes cluster has one: it
// publishes its keys, mints projected service-account tokens and keeps them
// fresh in a file, as the API server and the kubelet do between them. What is
// published and claimed has the form that Amazon EKS gives it.
package oidc

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/ampkit/ampkit/pkg/emulator/statefile"
)

// Options configure an Issuer.
type Options struct {
	// URL is the iss claim, without a trailing slash.
	URL string
	// Dir keeps the key across restarts; empty makes a new key.
	Dir string
	// Clock is time.Now when nil.
	Clock func() time.Time
}

// Issuer mints and publishes. It is safe for concurrent use.
type Issuer struct {
	opts   Options
	signer jose.Signer
	public jose.JSONWebKey
}

const keyFile = "oidc-key.pem"

// Open reads the issuer's key from Options.Dir, or makes one.
func Open(o Options) (*Issuer, error) {
	if u, err := url.Parse(o.URL); err != nil || u.Host == "" || u.RawQuery != "" || strings.HasSuffix(o.URL, "/") {
		return nil, fmt.Errorf("issuer %q: want an http or https URL without query and trailing slash", o.URL)
	}
	if o.Clock == nil {
		o.Clock = time.Now
	}
	text, err := statefile.LoadOrMake(statefile.In(o.Dir, keyFile), newKey)
	if err != nil {
		return nil, fmt.Errorf("key of the issuer: %w", err)
	}
	key, err := readKey(text)
	if err != nil {
		return nil, fmt.Errorf("key of the issuer in %s: %w", statefile.In(o.Dir, keyFile), err)
	}
	id, err := keyID(&key.PublicKey)
	if err != nil {
		return nil, err
	}
	private := jose.JSONWebKey{Key: key, KeyID: id, Algorithm: string(jose.RS256), Use: "sig"}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private}, nil)
	if err != nil {
		return nil, fmt.Errorf("signer of the issuer: %w", err)
	}
	return &Issuer{opts: o, signer: signer, public: private.Public()}, nil
}

// URL is the issuer's name, the iss claim.
func (i *Issuer) URL() string { return i.opts.URL }

// JWKS are the public keys.
func (i *Issuer) JWKS() jose.JSONWebKeySet {
	return jose.JSONWebKeySet{Keys: []jose.JSONWebKey{i.public}}
}

// discovery is the provider's metadata as EKS publishes it.
type discovery struct {
	Issuer        string   `json:"issuer"`
	JWKSURI       string   `json:"jwks_uri"`
	Authorization string   `json:"authorization_endpoint"`
	ResponseTypes []string `json:"response_types_supported"`
	SubjectTypes  []string `json:"subject_types_supported"`
	Claims        []string `json:"claims_supported"`
	Algorithms    []string `json:"id_token_signing_alg_values_supported"`
}

// ServeHTTP answers /.well-known/openid-configuration and /keys below the
// issuer's URL; whoever mounts it elsewhere strips the prefix.
func (i *Issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	var answer any
	switch r.URL.Path {
	case "/.well-known/openid-configuration":
		answer = discovery{
			Issuer: i.opts.URL, JWKSURI: i.opts.URL + "/keys",
			Authorization: "urn:kubernetes:programmatic_authorization",
			ResponseTypes: []string{"id_token"}, SubjectTypes: []string{"public"},
			Claims: []string{"sub", "iss"}, Algorithms: []string{string(jose.RS256)},
		}
	case "/keys":
		answer = i.JWKS()
	default:
		http.NotFound(w, r)
		return
	}
	body, err := json.Marshal(answer)
	if err != nil {
		http.Error(w, "internal server error", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "max-age=300")
	_, _ = w.Write(body) // a client that has gone is not an error of ours
}

func newKey() ([]byte, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func readKey(text []byte) (*rsa.PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("no PEM block")
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, errors.New("not a PKCS #8 key") // x509's error could quote it
	}
	private, ok := key.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("a %T, want an RSA key", key)
	}
	return private, nil
}

// keyID names a key by its digest, as the Kubernetes API server does.
func keyID(key *rsa.PublicKey) (string, error) {
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(der)
	return base64.RawURLEncoding.EncodeToString(sum[:]), nil
}
