// Package statefile keeps small files of state in the emulator's data
// directory: whole or not at all, and for the owner's eyes only.
package statefile

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// Write replaces the file at path with data in one step: a reader, or a restart
// after a crash, sees the old content or the new. The mode is 0600 and missing
// directories are made with 0700.
func Write(path string, data []byte) (err error) {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make state directory: %w", err)
	}
	f, err := os.CreateTemp(dir, "."+filepath.Base(path)+"-*") // mode 0600
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err == nil {
		err = f.Sync()
	}
	if cerr := f.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("write state: %w", err)
	}
	return nil
}

// LoadOrMake reads the file at path; where there is none it writes what produce
// gives. With an empty path nothing is kept.
func LoadOrMake(path string, produce func() ([]byte, error)) ([]byte, error) {
	if path == "" {
		return produce()
	}
	data, err := os.ReadFile(path)
	switch {
	case err == nil:
		return data, nil
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("read state: %w", err)
	}
	if data, err = produce(); err != nil {
		return nil, err
	}
	return data, Write(path, data)
}

// In joins a directory and a name, and stays empty where the directory is.
func In(dir, name string) string {
	if dir == "" {
		return ""
	}
	return filepath.Join(dir, name)
}
