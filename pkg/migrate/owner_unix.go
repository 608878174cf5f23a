//go:build unix

package migrate

import (
	"io/fs"
	"os"
	"syscall"
)

// keepOwner gives a new file the owner of the one it is to replace: Grafana's
// files often belong to a user of its own.
func keepOwner(path string, of fs.FileInfo) error {
	old, ok := of.Sys().(*syscall.Stat_t)
	if !ok || (int(old.Uid) == os.Geteuid() && int(old.Gid) == os.Getegid()) {
		return nil
	}
	return os.Chown(path, int(old.Uid), int(old.Gid))
}
