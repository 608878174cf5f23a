package proxy

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"
)

// Access is who may call. Its zero value lets everybody in who reaches the
// address, which is why that is a loopback one unless somebody says otherwise.
// The probes /-/healthy and /-/ready are always open.
type Access struct {
	// TokenFile holds a token that callers must send as Authorization: Bearer. It
	// is read again when it has changed.
	TokenFile string
	// CertFile and KeyFile make the proxy serve TLS. They are read at each
	// handshake, so that renewed ones are taken up.
	CertFile, KeyFile string
	// ClientCAFile holds the authorities of the certificates that callers must have.
	ClientCAFile string
}

func (a Access) check() error {
	switch {
	case (a.CertFile == "") != (a.KeyFile == ""):
		return fmt.Errorf("proxy: a certificate and its key belong together, but one is missing: certificate %q, key %q", a.CertFile, a.KeyFile)
	case a.ClientCAFile != "" && a.CertFile == "":
		return fmt.Errorf("proxy: client certificates (%q) are asked for over TLS only, which needs a certificate and a key", a.ClientCAFile)
	}
	return nil
}

// tls is nil without TLS.
func (a Access) tls() (*tls.Config, error) {
	if a.CertFile == "" {
		return nil, nil
	}
	load := func() (*tls.Certificate, error) {
		pair, err := tls.LoadX509KeyPair(a.CertFile, a.KeyFile)
		return &pair, err
	}
	if _, err := load(); err != nil {
		return nil, fmt.Errorf("proxy: certificate and key: %w", err)
	}
	c := &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return load() },
	}
	if a.ClientCAFile != "" {
		pem, err := readFile(a.ClientCAFile, 4<<20)
		if err != nil {
			return nil, fmt.Errorf("proxy: authorities of clients: %w", err)
		}
		c.ClientCAs = x509.NewCertPool()
		if !c.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("proxy: %s holds no certificate", a.ClientCAFile)
		}
		// Given or not, it is asked for again by authorize: probes have none.
		c.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return c, nil
}

// authorize says why a caller is not let in.
func (p *Proxy) authorize(r *http.Request) *refusal {
	if p.config.Access.ClientCAFile != "" && (r.TLS == nil || len(r.TLS.VerifiedChains) == 0) {
		return &refusal{status: http.StatusForbidden, outcome: refused, message: "a client certificate is needed"}
	}
	if p.bearer != nil && !p.bearer.matches(r.Header.Get("Authorization")) {
		return &refusal{status: http.StatusUnauthorized, outcome: refused, message: "the bearer token is missing or wrong"}
	}
	if p.local.Load() && !isLocal(r.Host) {
		// A page in a browser on this machine may have had its name point here.
		return &refusal{status: http.StatusForbidden, outcome: refused, message: "this proxy serves its own machine: call it by a loopback address or localhost"}
	}
	if p.local.Load() && !ownPage(r.Header["Origin"]) {
		return &refusal{status: http.StatusForbidden, outcome: refused, message: "this proxy serves its own machine, not pages of other hosts in its browsers"}
	}
	return nil
}

// ownPage reports whether a request comes from a page of this machine, or from
// none. AMP may allow every page to read what it answers.
func ownPage(origin []string) bool {
	for _, o := range origin {
		if _, host, found := strings.Cut(o, "://"); !found || !isLocal(host) {
			return false
		}
	}
	return true
}

// open reports whether nothing is asked of callers.
func (a Access) open() bool { return a.TokenFile == "" && a.ClientCAFile == "" }

func isLocal(hostPort string) bool {
	host, _, err := net.SplitHostPort(hostPort)
	if err != nil {
		host = strings.Trim(hostPort, "[]")
	}
	ip, _ := netip.ParseAddr(host)
	return ip.Unmap().IsLoopback() || strings.EqualFold(host, "localhost")
}

// bearer is a token in a file. Only its hash is kept.
type bearer struct {
	path string
	now  func() time.Time

	mu     sync.Mutex
	sum    [sha256.Size]byte
	looked time.Time
}

// relook is how old the token may be.
const relook = 10 * time.Second

func openBearer(path string, now func() time.Time) (*bearer, error) {
	if path == "" {
		return nil, nil
	}
	b := &bearer{path: path, now: now}
	return b, b.look()
}

func (b *bearer) look() error {
	text, err := readFile(b.path, 64<<10)
	if err != nil {
		return fmt.Errorf("proxy: bearer token: %w", err)
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 || bytes.ContainsAny(text, " \t\r\n") {
		return errors.New("proxy: bearer token: " + b.path + " must hold one token and nothing else")
	}
	b.sum, b.looked = sha256.Sum256(text), b.now()
	return nil
}

func (b *bearer) matches(header string) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.now().Sub(b.looked) >= relook {
		_ = b.look() // while it can't be read, the last one is good
	}
	scheme, token, _ := strings.Cut(header, " ")
	sum := sha256.Sum256([]byte(strings.TrimSpace(token)))
	return strings.EqualFold(scheme, "Bearer") && subtle.ConstantTimeCompare(sum[:], b.sum[:]) == 1
}

func readFile(path string, limit int64) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	return io.ReadAll(io.LimitReader(f, limit))
}
