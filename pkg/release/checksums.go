package release

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// Checksums writes the SHA-256 of each path into file, in the form that `sha256sum --check` reads.
func Checksums(file string, paths ...string) error {
	var lines strings.Builder
	for _, path := range paths {
		sum, err := checksum(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%x  %s\n", sum, filepath.Base(path))
	}
	return os.WriteFile(file, []byte(lines.String()), 0o644) //nolint:gosec // everybody may read it
}

func checksum(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	hash := sha256.New()
	_, err = io.Copy(hash, f)
	return hash.Sum(nil), err
}
