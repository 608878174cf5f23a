package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// proxy is an HTTPS proxy behind which AWS's own host names lead to a handler,
// as a company's proxy that looks into TLS would do it. So the plugin works with
// the addresses that users have, and what goes anywhere else is noticed.
type proxy struct {
	cert    tls.Certificate
	tunnels *tunnels
	outer   *http.Server // answers CONNECT
	inner   *http.Server // answers what comes through the tunnels

	mu      sync.Mutex
	refused []string
}

func newProxy(handler http.Handler, names ...string) (*proxy, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "ampkit browser tests"}, DNSNames: names,
		NotBefore: now.Add(-time.Hour), NotAfter: now.Add(30 * 24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true,
		KeyUsage:    x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	p := &proxy{
		cert:    tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf},
		tunnels: &tunnels{accept: make(chan net.Conn), closed: make(chan struct{})},
		inner:   &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second},
	}
	p.outer = &http.Server{Handler: p, ReadHeaderTimeout: 10 * time.Second}
	return p, nil
}

// certificate is what a client has to trust, as PEM.
func (p *proxy) certificate() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: p.cert.Certificate[0]})
}

// ServeHTTP answers CONNECT for the known names, and nothing else.
func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host, _, _ := net.SplitHostPort(r.Host)
	if r.Method != http.MethodConnect || p.cert.Leaf.VerifyHostname(host) != nil {
		p.mu.Lock()
		p.refused = append(p.refused, r.Method+" "+r.Host)
		p.mu.Unlock()
		http.Error(w, "only hosts of AWS are reached through this proxy", http.StatusForbidden)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if _, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		_ = conn.Close() // the client has gone
		return
	}
	secure := tls.Server(&readAhead{conn, buffered.Reader}, &tls.Config{Certificates: []tls.Certificate{p.cert}, MinVersion: tls.VersionTLS12})
	p.tunnels.add(secure)
}

// refusals are the requests for hosts that are not AWS's.
func (p *proxy) refusals() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.refused)
}

// forget begins the list of refusals anew.
func (p *proxy) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refused = nil
}

// serve answers on the listener until close.
func (p *proxy) serve(listener net.Listener) error {
	ended := make(chan error, 1)
	go func() { ended <- p.inner.Serve(p.tunnels) }()
	err := p.outer.Serve(listener)
	return errors.Join(ignoreClosed(err), ignoreClosed(<-ended))
}

func (p *proxy) close() error { return errors.Join(p.outer.Close(), p.inner.Close()) }

func ignoreClosed(err error) error {
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// tunnels is a listener whose connections came by CONNECT.
type tunnels struct {
	accept chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (t *tunnels) add(c net.Conn) {
	select {
	case t.accept <- c:
	case <-t.closed:
		_ = c.Close() // nobody is there any more
	}
}

func (t *tunnels) Accept() (net.Conn, error) {
	select {
	case c := <-t.accept:
		return c, nil
	case <-t.closed:
		return nil, net.ErrClosed
	}
}

func (t *tunnels) Close() error {
	t.once.Do(func() { close(t.closed) })
	return nil
}

func (t *tunnels) Addr() net.Addr { return &net.UnixAddr{Name: "tunnels", Net: "connect"} }

// readAhead is a connection of which some bytes were read already.
type readAhead struct {
	net.Conn
	r *bufio.Reader
}

func (c *readAhead) Read(b []byte) (int, error) { return c.r.Read(b) }

// awsNames are the certificate's names for a region of AWS.
func awsNames(region string) []string {
	names := []string{"sts.amazonaws.com"}
	for _, service := range []string{"aps", "aps-fips", "aps-workspaces", "aps-workspaces-fips", "sts", "sts-fips"} {
		for _, domain := range []string{"amazonaws.com", "api.aws"} {
			names = append(names, service+"."+region+"."+domain)
		}
	}
	return append(names, "*.aps-workspaces."+region+".vpce.amazonaws.com")
}
