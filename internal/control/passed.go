package control

import (
	"fmt"
	"net"
	"os"
	"slices"

	"edgegen/internal/systemd"
)

// duplicates returns listeners on the same sockets, to be closed on their own.
func duplicates(listeners []systemd.Listener) ([]systemd.Listener, error) {
	var result []systemd.Listener
	for _, l := range listeners {
		file, err := duplicate(l.File)
		if err != nil {
			closeListeners(given(result))
			return nil, fmt.Errorf("duplicate the listener on %s: %w", l.Address, err)
		}
		result = append(result, systemd.Listener{File: file, Address: l.Address})
	}
	return result, nil
}

// warnSpare tells of listeners that a service manager has passed and the site
// does not name: they stay the manager's, and nobody takes their connections.
func (e *Edge) warnSpare(before []*listener) {
	for _, l := range e.spare {
		if !slices.Contains(before, l) {
			e.options.Log.Warn("the service manager listens on an address that the site does not name: whoever connects there waits for an answer in vain", "address", l.address)
		}
	}
}

func duplicate(file *os.File) (*os.File, error) {
	listener, err := net.FileListener(file)
	if err != nil {
		return nil, err
	}
	defer listener.Close() // the file is one more descriptor of the same socket
	tcp, ok := listener.(*net.TCPListener)
	if !ok {
		return nil, fmt.Errorf("%s is no TCP address", listener.Addr())
	}
	return tcp.File()
}
