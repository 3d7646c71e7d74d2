package tiers

import (
	"errors"
	"fmt"
	"net"
	"os"

	"edgegen/internal/unixsocket"
)

// innerSocket is a socket between the tiers that a process serves.
type innerSocket struct {
	path string
	file *os.File
}

// unreached returns the paths of those sockets that cannot be reached by them any more.
func (e *House) unreached(sockets []innerSocket) (missing []string) {
	for _, s := range sockets {
		if !unixsocket.Is(s.path) || e.inner[s.path] != s.file {
			missing = append(missing, s.path)
		}
	}
	return missing
}

// hold opens a socket that edgegen keeps open as long as it runs. One whose path
// has gone is opened anew: nobody can be led to it any more.
func (e *House) hold(path string) (*os.File, error) {
	if file, ok := e.inner[path]; ok {
		if unixsocket.Is(path) {
			return file, nil
		}
		e.nameless = append(e.nameless, file)
		delete(e.inner, path)
	}
	uid, gid := e.Who.Owner()
	file, err := unixsocket.Open(path, uid, gid)
	if err != nil {
		return nil, err
	}
	e.inner[path] = file
	return file, nil
}

// letGo closes a socket that edgegen holds, and removes it.
func (e *House) letGo(path string) error {
	file, ok := e.inner[path]
	if !ok {
		return nil
	}
	delete(e.inner, path)
	err := os.Remove(path)
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	return errors.Join(file.Close(), err)
}

// fileListeners makes listeners of sockets that stay open here: a plane closes
// its own descriptors.
func fileListeners(files []*os.File) ([]net.Listener, error) {
	var listeners []net.Listener
	for _, file := range files {
		listener, err := net.FileListener(file)
		if err != nil {
			return nil, errors.Join(fmt.Errorf("take over a listener: %w", err), closeAll(listeners))
		}
		if unix, ok := listener.(*net.UnixListener); ok {
			unix.SetUnlinkOnClose(false)
		}
		listeners = append(listeners, listener)
	}
	return listeners, nil
}

// closeAll closes listeners that were not handed over after all.
func closeAll(groups ...[]net.Listener) error {
	var failed []error
	for _, group := range groups {
		for _, listener := range group {
			failed = append(failed, listener.Close())
		}
	}
	return errors.Join(failed...)
}
