package vault

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"edgegen/internal/atomicfile"
)

// directory is a vault on a file system that all edges have mounted, which may be one of
// a network.
type directory struct {
	path     string
	identity string
	rhythm   rhythm
	busy     chan struct{} // has room for those who wait for the storage
}

// atOnce is how many may wait for a storage that does not answer. Such a call never
// returns, so there must not be ever more of them.
const atOnce = 64

// abandoned is how old a file is that nobody is going to finish.
const abandoned = time.Hour

// Directory is a vault in the directory of an absolute path. It has to be there: where it
// is missing, its file system may not be mounted yet, and each edge would get one of its
// own. A zero lease is LeaseTime. Nothing is touched before a method is called.
func Directory(path string, lease time.Duration) Vault {
	if lease == 0 {
		lease = LeaseTime
	}
	return &directory{path: path, identity: newIdentity(), rhythm: rhythm{lease}, busy: make(chan struct{}, atOnce)}
}

func (d *directory) String() string { return d.path }

// patience is how long one call of the storage may take.
const patience = 30 * time.Second

// within has the storage do something, and waits for it until ctx ends.
func within[T any](ctx context.Context, d *directory, do func() (T, error)) (result T, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	select {
	case d.busy <- struct{}{}:
	case <-ctx.Done():
		return result, fmt.Errorf("the store %s does not answer: %w", d.path, context.Cause(ctx))
	}
	type outcome struct {
		result T
		err    error
	}
	done := make(chan outcome, 1)
	go func() {
		defer func() { <-d.busy }()
		result, err := do()
		done <- outcome{result, err}
	}()
	select {
	case o := <-done:
		return o.result, o.err
	case <-ctx.Done():
		return result, fmt.Errorf("the store %s does not answer: %w", d.path, context.Cause(ctx))
	}
}

func (d *directory) file(name string) (string, error) {
	return filepath.Join(d.path, filepath.FromSlash(name)), good(name)
}

func (d *directory) Read(ctx context.Context, name string) ([]byte, error) {
	file, err := d.file(name)
	if err != nil {
		return nil, err
	}
	return within(ctx, d, func() ([]byte, error) { return os.ReadFile(file) })
}

func (d *directory) Write(ctx context.Context, name string, content []byte) error {
	file, err := d.file(name)
	if err != nil {
		return err
	}
	_, err = within(ctx, d, func() (struct{}, error) {
		if err := d.folder(filepath.Dir(file)); err != nil {
			return struct{}{}, err
		}
		return struct{}{}, atomicfile.Write(file, content, 0o600)
	})
	return err
}

// folder makes a directory of the vault.
func (d *directory) folder(path string) error {
	if _, err := os.Stat(d.path); err != nil {
		return fmt.Errorf("the store %s is not there; mount it, or make the directory: %w", d.path, err)
	}
	if path == d.path {
		return nil
	}
	return atomicfile.MakePrivate(path)
}

func (d *directory) Remove(ctx context.Context, name string) error {
	file, err := d.file(name)
	if err != nil {
		return err
	}
	_, err = within(ctx, d, func() (struct{}, error) { return struct{}{}, os.Remove(file) })
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// Versions also removes what an edge that died had begun to write.
func (d *directory) Versions(ctx context.Context, folder string) (map[string]string, error) {
	path, err := d.file(folder)
	if err != nil {
		return nil, err
	}
	return within(ctx, d, func() (map[string]string, error) {
		versions := map[string]string{}
		files, err := os.ReadDir(path)
		if errors.Is(err, fs.ErrNotExist) {
			return versions, nil
		}
		for _, file := range files {
			info, err := file.Info()
			if err != nil {
				continue // it is gone
			}
			switch {
			case !strings.HasPrefix(file.Name(), "."):
				versions[folder+"/"+file.Name()] = fmt.Sprintf("%d %d", info.ModTime().UnixNano(), info.Size())
			case time.Since(info.ModTime()) > abandoned:
				_ = os.Remove(filepath.Join(path, file.Name())) // another edge may have done so
			}
		}
		return versions, err
	})
}
