package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/ampkit/ampkit/pkg/emulator"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"ampkit": main})
}

// The command line is specified in testdata/script: what is typed, what comes
// out, on which stream, with which exit code.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   cmdExits,
			"cloud":   cmdCloud,
			"lines":   cmdLines,
			"await":   cmdAwait,
			"grafana": cmdGrafana,
			"token":   cmdToken,
		},
	})
}

// cmdExits runs a command and checks its exit code: exits 2 ampkit nonsense.
func cmdExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits code command [args...]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exited *exec.ExitError
		if !errors.As(err, &exited) {
			ts.Fatalf("%v", err)
		}
		got = exited.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

// cmdCloud serves an emulator until the script ends, with a workspace and a
// user who may do the actions given, and puts URL, WORKSPACE and the user's
// keys into the environment: cloud aps:RemoteWrite.
func cmdCloud(ts *testscript.TestScript, neg bool, args []string) {
	if neg {
		ts.Fatalf("usage: cloud action...")
	}
	e, err := emulator.New(emulator.Options{Clusters: []string{"prod"}})
	ts.Check(err)
	server := httptest.NewServer(e)
	ts.Defer(func() {
		server.Close()
		_ = e.Close()
	})
	clouds.Store(ts.Getenv("WORK"), e)
	ws, err := e.CreateWorkspace(context.Background(), "script", "")
	ts.Check(err)
	key, err := e.AddUser("", "someone", emulator.Policy(args))
	ts.Check(err)
	for name, value := range map[string]string{
		"URL": server.URL, "WORKSPACE": ws.ID,
		"AWS_ACCESS_KEY_ID": key.ID, "AWS_SECRET_ACCESS_KEY": key.Secret,
		"AWS_REGION": e.Region(), "AWS_EC2_METADATA_DISABLED": "true",
	} {
		ts.Setenv(name, value)
	}
}

var clouds sync.Map // the script's directory to its *emulator.Emulator

// cmdAwait waits until the script's emulator has accepted so many writes: await 11.
func cmdAwait(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: await writes")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	found, ok := clouds.Load(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("no cloud")
	}
	e := found.(*emulator.Emulator)
	deadline := time.Now().Add(time.Minute)
	for e.Counts().Data("api/v1/remote_write", http.StatusOK) < want {
		if time.Now().After(deadline) {
			ts.Fatalf("no %d writes within a minute", want)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// cmdLines checks how many lines the last command wrote: lines stderr 1.
func cmdLines(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || !slices.Contains([]string{"stdout", "stderr"}, args[0]) {
		ts.Fatalf("usage: lines stdout|stderr count")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	if got := strings.Count(ts.ReadFile(args[0]), "\n"); got != want {
		ts.Fatalf("%d lines on %s, want %d", got, args[0], want)
	}
}
