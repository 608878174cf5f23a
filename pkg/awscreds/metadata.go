package awscreds

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

const (
	// metadataTime bounds the wait for instance metadata, which answers within
	// milliseconds or not at all.
	metadataTime = 3 * time.Second
	// metadataMemory is how long a missing metadata service is remembered, so
	// that every panel of a dashboard does not wait for it anew.
	metadataMemory = 15 * time.Second
)

// metadata is the instance's role. The SDK's chain ends there when nothing is
// configured, so its failure mostly means that configuration is missing.
type metadata struct {
	provider aws.CredentialsProvider
	ways     string
	now      func() time.Time
	limit    time.Duration

	mu      sync.Mutex
	failed  *Error
	expires time.Time
}

func (m *metadata) Retrieve(ctx context.Context) (aws.Credentials, error) {
	if err := m.remembered(); err != nil {
		return aws.Credentials{}, err
	}
	bounded, cancel := context.WithTimeout(ctx, m.limit)
	defer cancel()
	v, err := m.provider.Retrieve(bounded)
	switch {
	case err == nil:
		return v, nil
	case ctx.Err() != nil:
		return aws.Credentials{}, ctx.Err()
	}
	return aws.Credentials{}, m.remember(&Error{
		Reason: ReasonNotPassed, Message: "no AWS credentials were found", Remedy: m.ways, Err: err, told: true,
	})
}

func (m *metadata) remembered() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed != nil && m.now().Before(m.expires) {
		return m.failed
	}
	return nil
}

func (m *metadata) remember(e *Error) *Error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed, m.expires = e, m.now().Add(metadataMemory)
	return e
}
