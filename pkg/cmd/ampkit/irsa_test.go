package main

import (
	"strings"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ampkit/ampkit/pkg/emulator"
	"github.com/ampkit/ampkit/pkg/emulator/oidc"
)

// cmdToken writes a service account's token into a file, as the kubelet does
// for a pod: token grafana/grafana token.
func cmdToken(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: token namespace/name file")
	}
	v, _ := clouds.Load(ts.Getenv("WORK"))
	e, ok := v.(*emulator.Emulator)
	if !ok {
		ts.Fatalf("token: no cloud yet")
	}
	namespace, name, _ := strings.Cut(args[0], "/")
	ts.Check(e.MintToken(ts.MkAbs(args[1]), oidc.TokenRequest{Namespace: namespace, ServiceAccount: name}))
}
