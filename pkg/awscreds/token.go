package awscreds

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
)

// maxToken is far more than a service account's token has (about 1 kB).
const maxToken = 64 << 10

// tokenOf is the path of a projected service-account token.
type tokenOf string

// GetIdentityToken reads the file. Its error never holds the token.
func (path tokenOf) GetIdentityToken() ([]byte, error) {
	f, err := os.Open(string(path))
	if err != nil {
		return nil, fmt.Errorf("read web identity token: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	b, err := io.ReadAll(io.LimitReader(f, maxToken))
	if err != nil {
		return nil, fmt.Errorf("read web identity token: %w", err)
	}
	if b = bytes.TrimSpace(b); len(b) == 0 {
		return nil, errors.New("read web identity token: the file is empty")
	}
	return b, nil
}
