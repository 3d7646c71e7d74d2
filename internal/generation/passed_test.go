package generation

import (
	"net"
	"testing"

	"edgegen/internal/systemd"
)

// A duplicate is the same socket, of TCP and of UDP, and outlives the one that was passed.
func TestDuplicates(t *testing.T) {
	tcp, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer tcp.Close()
	udp, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer udp.Close()
	passed := []systemd.Listener{{Address: tcp.Addr().(*net.TCPAddr).AddrPort()}, {Address: udp.LocalAddr().(*net.UDPAddr).AddrPort(), Datagram: true}}
	if passed[0].File, err = tcp.File(); err != nil {
		t.Fatal(err)
	}
	if passed[1].File, err = udp.File(); err != nil {
		t.Fatal(err)
	}
	made, err := Duplicates(passed)
	if err != nil {
		t.Fatal(err)
	}
	CloseListeners(Passed(passed))
	defer CloseListeners(Passed(made))
	listener, err := net.FileListener(made[0].File)
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	packets, err := net.FilePacketConn(made[1].File)
	if err != nil {
		t.Fatal(err)
	}
	defer packets.Close()
	if made[0].Datagram || !made[1].Datagram || listener.Addr().String() != passed[0].Address.String() || packets.LocalAddr().String() != passed[1].Address.String() {
		t.Errorf("%+v: %s, %s", made, listener.Addr(), packets.LocalAddr())
	}
	if _, err := Duplicates(passed); err == nil {
		t.Error("a closed one was duplicated")
	}
}
