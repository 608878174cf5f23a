package main

import (
	"net/http"
	"net/http/httptest"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ampkit/ampkit/pkg/migrate/grafanatest"
)

// cmdGrafana serves a Grafana under a path until the script ends, and puts its
// URL into GRAFANA. With a number, the connection breaks after that change.
func cmdGrafana(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) > 1 {
		ts.Fatalf("usage: grafana [change]")
	}
	g := grafanatest.New()
	if len(args) > 0 {
		cut, err := strconv.Atoi(args[0])
		ts.Check(err)
		g.Cut, g.After = cut, true
	}
	server := httptest.NewServer(http.StripPrefix("/grafana", g))
	ts.Defer(server.Close)
	ts.Setenv("GRAFANA", server.URL+"/grafana")
	ts.Setenv("TOKEN", grafanatest.Token)
}
