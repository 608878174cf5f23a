package demo

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// writeSamples runs ampkit as a pod with the writer's service account would.
func (w *walk) writeSamples(ctx context.Context) (string, error) {
	w.until = w.Now().Truncate(time.Second)
	return w.ampkit(ctx, w.cloud.writer, "sample", "write", "--url", w.workspaceURL(), "--region", region,
		"--since", since.String(), "--until", w.until.Format(time.RFC3339))
}

// readerCannotWrite expects the answer AWS gives to a role without the action.
func (w *walk) readerCannotWrite(ctx context.Context) (string, error) {
	_, err := w.ampkit(ctx, w.cloud.reader, "sample", "write", "--url", w.workspaceURL(), "--region", region)
	if err == nil {
		return "", errors.New("a role without aps:RemoteWrite has written")
	}
	return refusal(err.Error(), "aps:RemoteWrite")
}

// refusal checks that an error is AWS's 403 for an action, and shortens it.
func refusal(text, action string) (string, error) {
	if !strings.Contains(text, "403") || !strings.Contains(text, "is not authorized to perform: "+action) {
		return "", fmt.Errorf("want a 403 for %s, got: %s", action, text)
	}
	return "403: not authorized to perform: " + action, nil
}

// ampkit runs the command line with nothing in its environment but what IRSA
// puts into a pod, and returns what it printed, or what it said when it failed.
func (w *walk) ampkit(ctx context.Context, as identity, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, w.Ampkit, args...)
	cmd.Env = w.podEnvironment(as)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 5 * time.Second
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	if exited := new(exec.ExitError); errors.As(err, &exited) && stderr.Len() > 0 {
		said := strings.TrimPrefix(strings.TrimSpace(stderr.String()), "ampkit: ")
		return "", fmt.Errorf("ampkit %s: %s", strings.Join(args[:2], " "), said)
	}
	return strings.TrimSpace(stdout.String()), err
}

// podEnvironment is what the pod identity webhook of EKS adds to a pod, and
// where STS is.
func (w *walk) podEnvironment(as identity) []string {
	env := []string{
		"AWS_ROLE_ARN=" + as.roleARN,
		"AWS_WEB_IDENTITY_TOKEN_FILE=" + as.tokenFile,
		"AWS_REGION=" + region,
		"AWS_ENDPOINT_URL_STS=" + w.cloud.url,
		"AWS_EC2_METADATA_DISABLED=true",
		"HOME=" + w.dir, // no configuration of whoever runs the demo
	}
	if root := os.Getenv("SYSTEMROOT"); root != "" {
		env = append(env, "SYSTEMROOT="+root) // Windows has no sockets without it
	}
	return env
}
