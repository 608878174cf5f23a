// Package release makes the files that a release consists of: the plugin's zip in Grafana's layout, archives of the
// command line, checksums, bills of materials and notes. The same sources give the same bytes, wherever and whenever
// they are packed: entries are sorted, and their time is the commit's.
package release

import (
	"archive/tar"
	"archive/zip"
	"cmp"
	"compress/flate"
	"compress/gzip"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// File is an entry of an archive.
type File struct {
	Name       string // with slashes, below the archive's one folder
	Path       string // where its content is read
	Executable bool
}

func (f File) mode() fs.FileMode {
	if f.Executable {
		return 0o755
	}
	return 0o644
}

// Tree lists the regular files below dir. None of them is executable; links are refused.
func Tree(dir string) ([]File, error) {
	var files []File
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if !d.Type().IsRegular() {
			return fmt.Errorf("%s is no regular file", path)
		}
		name, err := filepath.Rel(dir, path)
		files = append(files, File{Name: filepath.ToSlash(name), Path: path})
		return err
	})
	return files, err
}

// Write writes files below folder into a new archive at path: a zip or a tar.gz, as its name ends. All entries get
// the time at, which a zip keeps to two seconds.
func Write(path, folder string, files []File, at time.Time) (err error) {
	out, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if closed := out.Close(); err == nil {
			err = closed
		}
	}()
	files = slices.SortedFunc(slices.Values(files), func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	if strings.HasSuffix(path, ".zip") {
		return writeZip(out, folder, files, at.UTC())
	}
	return writeTarGz(out, folder, files, at.UTC())
}

func writeZip(out io.Writer, folder string, files []File, at time.Time) error {
	w := zip.NewWriter(out)
	w.RegisterCompressor(zip.Deflate, func(out io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(out, flate.BestCompression)
	})
	for _, f := range files {
		header := &zip.FileHeader{Name: folder + "/" + f.Name, Method: zip.Deflate, Modified: at}
		header.SetMode(f.mode())
		entry, err := w.CreateHeader(header)
		if err != nil {
			return err
		}
		if err := copyFrom(f.Path, entry); err != nil {
			return err
		}
	}
	return w.Close()
}

func writeTarGz(out io.Writer, folder string, files []File, at time.Time) error {
	packed, err := gzip.NewWriterLevel(out, gzip.BestCompression)
	if err != nil {
		return err
	}
	w := tar.NewWriter(packed)
	for _, f := range files {
		info, err := os.Stat(f.Path)
		if err != nil {
			return err
		}
		header := &tar.Header{
			Typeflag: tar.TypeReg, Name: folder + "/" + f.Name, Size: info.Size(), Mode: int64(f.mode()), ModTime: at,
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if err := copyFrom(f.Path, w); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return packed.Close()
}

func copyFrom(path string, w io.Writer) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	_, err = io.Copy(w, in)
	return err
}
