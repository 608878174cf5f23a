package main

import (
	"bytes"
	"encoding/pem"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/ampkit/ampkit/pkg/migrate/grafanatest"
)

// A Grafana with a certificate of its own is trusted only when that is given.
func TestMigrateTLS(t *testing.T) {
	server := httptest.NewTLSServer(grafanatest.New())
	t.Cleanup(server.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	require.NoError(t, os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}), 0o600))
	t.Setenv(grafanaTokenVariable, grafanatest.Token)
	ask := func(o grafanaOptions) error {
		o.URL = server.URL
		g, err := o.open(streams{err: &bytes.Buffer{}})
		if err != nil {
			return err
		}
		_, err = g.CheckPlugin(t.Context())
		return err
	}
	require.ErrorContains(t, ask(grafanaOptions{}), "certificate")
	require.NoError(t, ask(grafanaOptions{CAFile: ca}))
	require.NoError(t, ask(grafanaOptions{Insecure: true}))
	require.ErrorContains(t, ask(grafanaOptions{CAFile: "migrate_test.go"}), "holds no certificate in PEM form")
	require.ErrorContains(t, ask(grafanaOptions{CertFile: ca}), "--cert-file and --key-file")
}
