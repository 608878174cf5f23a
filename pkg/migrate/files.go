package migrate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

var extensions = []string{".yaml", ".yml", ".json"}

// ReadFiles reads files, and the .yaml, .yml and .json files of folders. What
// can't be read in a folder is a finding; a file that was named must be readable.
func ReadFiles(ctx context.Context, paths []string) ([]*Document, []Finding, error) {
	var documents []*Document
	var told []Finding
	read := map[string]bool{}
	for _, path := range paths {
		files, isFolder, err := filesOf(ctx, path)
		if err != nil {
			return nil, nil, err
		}
		for _, file := range files {
			if read[filepath.Clean(file)] {
				continue
			}
			read[filepath.Clean(file)] = true
			d, err := readFile(file)
			switch {
			case err == nil:
				documents = append(documents, d)
			case isFolder:
				told = append(told, Finding{Kind: KindLeft, Where: file, What: "the whole file", Reason: err.Error()})
			default:
				return nil, nil, fmt.Errorf("%s: %w", file, err)
			}
			if ctx.Err() != nil {
				return nil, nil, ctx.Err()
			}
		}
	}
	return documents, told, nil
}

func readFile(path string) (*Document, error) {
	if !slices.Contains(extensions, strings.ToLower(filepath.Ext(path))) {
		return nil, errors.New("neither YAML nor JSON: name a .yaml, .yml or .json file, or a folder")
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.Size() > maxDocument {
		return nil, fmt.Errorf("it has %d bytes, more than %d", info.Size(), maxDocument)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Parse(path, content)
}

// filesOf lists what a path stands for. Hidden folders, such as those of version
// control, and installed packages are none of ours.
func filesOf(ctx context.Context, path string) (files []string, isFolder bool, err error) {
	info, err := os.Stat(path)
	if err != nil || !info.IsDir() {
		return []string{path}, false, err
	}
	err = filepath.WalkDir(path, func(file string, entry fs.DirEntry, err error) error {
		name := entry.Name()
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case entry.IsDir() && file != path && (strings.HasPrefix(name, ".") || name == "node_modules"):
			return filepath.SkipDir
		case entry.IsDir() || !slices.Contains(extensions, strings.ToLower(filepath.Ext(name))):
			return nil
		}
		if target, err := os.Stat(file); err != nil || !target.Mode().IsRegular() {
			return nil //nolint:nilerr // a link that leads nowhere or to a folder is not a file to change
		}
		files = append(files, file)
		return nil
	})
	return files, true, err
}

// RewriteAll rewrites documents that were learnt from before.
func RewriteAll(k *Known, documents []*Document) []Result {
	results := make([]Result, len(documents))
	for i, d := range documents {
		results[i] = d.Rewrite(k)
	}
	return results
}

// writeFile replaces a file's content at once, so that nobody reads half of it;
// mode and owner stay. Where that can't be, as for a file mounted by itself, its
// content is overwritten.
func writeFile(path string, content []byte) error {
	path, err := filepath.EvalSymlinks(path)
	if err != nil {
		return err
	}
	info, err := os.Stat(path)
	if err != nil {
		return err
	}
	if replaceFile(path, content, info) == nil {
		return nil
	}
	return os.WriteFile(path, content, info.Mode().Perm())
}

func replaceFile(path string, content []byte, info fs.FileInfo) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".ampkit-migrate-*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(info.Mode().Perm()), keepOwner(f.Name(), info), f.Sync(), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
