package generation

import (
	"fmt"
	"net"
	"os"

	"edgegen/internal/systemd"
)

// Duplicates returns listeners on the same sockets, to be closed on their own.
func Duplicates(listeners []systemd.Listener) ([]systemd.Listener, error) {
	var result []systemd.Listener
	for _, l := range listeners {
		file, err := duplicate(l)
		if err != nil {
			CloseListeners(Passed(result))
			return nil, fmt.Errorf("duplicate the listener on %s: %w", l.Address, err)
		}
		result = append(result, systemd.Listener{File: file, Address: l.Address, Datagram: l.Datagram})
	}
	return result, nil
}

func duplicate(l systemd.Listener) (*os.File, error) {
	if l.Datagram {
		packets, err := net.FilePacketConn(l.File)
		if err != nil {
			return nil, err
		}
		defer packets.Close() // as below
		udp, ok := packets.(*net.UDPConn)
		if !ok {
			return nil, fmt.Errorf("%s is no UDP address", packets.LocalAddr())
		}
		return udp.File()
	}
	file := l.File
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
