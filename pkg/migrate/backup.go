package migrate

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// ItemKind says what a backup's item is. It is a closed set.
type ItemKind string

// What can be changed and put back.
const (
	ItemFile         ItemKind = "file"
	ItemDataSource   ItemKind = "data source"
	ItemDashboard    ItemKind = "dashboard"
	ItemDashboardV2  ItemKind = "dashboard v2"
	ItemLibraryPanel ItemKind = "library panel"
)

// Item is one thing as it was before and as it is to become.
type Item struct {
	Kind ItemKind `json:"kind"`
	// ID is a file's absolute path, a uid, or the path of a v2 dashboard's resource.
	ID   string `json:"id"`
	Name string `json:"name"`
	// Folder is the uid of the folder that a dashboard or library panel is in.
	Folder string `json:"folder,omitempty"`
	// Before and After are JSON as Grafana's API gives and takes it.
	Before json.RawMessage `json:"before,omitempty"`
	After  json.RawMessage `json:"after,omitempty"`
	// FileBefore and FileAfter are a file's bytes.
	FileBefore []byte `json:"fileBefore,omitempty"`
	FileAfter  []byte `json:"fileAfter,omitempty"`
}

// Backup is what a migration writes down before it changes anything.
type Backup struct {
	Format int       `json:"ampkitMigrateBackup"`
	Made   time.Time `json:"made"`
	// Grafana is the URL of the Grafana that was changed, "" for files.
	Grafana string `json:"grafana,omitempty"`
	Items   []Item `json:"items"`
}

const backupFormat = 1

// BackupName is a file name that no second migration takes.
func BackupName(at time.Time) string {
	return "ampkit-migrate-" + at.UTC().Format("20060102T150405.000Z") + ".json"
}

// FilesBackup is the backup for results that are files.
func FilesBackup(results []Result, at time.Time) (Backup, error) {
	b := Backup{Format: backupFormat, Made: at.UTC()}
	for _, r := range results {
		if !r.Changed() {
			continue
		}
		path, err := filepath.Abs(r.Name)
		if err != nil {
			return Backup{}, err
		}
		b.Items = append(b.Items, Item{Kind: ItemFile, ID: path, Name: r.Name, FileBefore: r.Before, FileAfter: r.After})
	}
	return b, nil
}

// Write makes the file, which must not exist, and is done when the disk has it.
// Provisioning files may hold secrets, so only its owner may read it.
func (b Backup) Write(path string) error {
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(b); err != nil {
		return fmt.Errorf("backup: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("backup: %w: nothing was changed", err)
	}
	_, err = f.Write(out.Bytes())
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("backup: %w: nothing was changed", err)
	}
	return nil
}

// ReadBackup reads what Write wrote.
func ReadBackup(path string) (Backup, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return Backup{}, err
	}
	var b Backup
	if err := json.Unmarshal(text, &b); err != nil || b.Format == 0 {
		return Backup{}, fmt.Errorf("%s is not a backup that ampkit migrate wrote", path)
	}
	if b.Format != backupFormat {
		return Backup{}, fmt.Errorf("%s is a backup of format %d, and this ampkit knows %d: take the version that wrote it", path, b.Format, backupFormat)
	}
	return b, nil
}

// ErrChangedSince is for what was changed after the migration.
var ErrChangedSince = errors.New("it was changed after the migration, and putting it back would undo that, too: look at it, and give --force to do so")

// Store reads and writes the items of one place: files, or a Grafana.
type Store interface {
	// Apply brings an item from before to after. It fails where the item is not
	// as it was read.
	Apply(ctx context.Context, item Item) error
	// Restore brings it back; done is false where it is as before already. It
	// fails with ErrChangedSince unless forced.
	Restore(ctx context.Context, item Item, try, force bool) (done bool, err error)
}

// Files is the store of items that are files.
type Files struct{}

// Apply writes the file, if it is still as it was read.
func (Files) Apply(_ context.Context, item Item) error {
	now, err := os.ReadFile(item.ID)
	if err != nil {
		return err
	}
	if !bytes.Equal(now, item.FileBefore) {
		return errors.New("it was changed since it was read: run again")
	}
	return writeFile(item.ID, item.FileAfter)
}

// Restore writes the file as it was; try only looks.
func (Files) Restore(_ context.Context, item Item, try, force bool) (bool, error) {
	now, err := os.ReadFile(item.ID)
	switch {
	case err != nil:
		return false, err
	case bytes.Equal(now, item.FileBefore):
		return false, nil
	case !bytes.Equal(now, item.FileAfter) && !force:
		return false, ErrChangedSince
	case try:
		return true, nil
	}
	return true, writeFile(item.ID, item.FileBefore)
}
