package tcptable

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

// The kernel says of a socket what stands in its tables, and no more sockets than
// were asked for.
func TestAsked(t *testing.T) {
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		t.Run(address, func(t *testing.T) {
			listener, err := net.Listen("tcp", address)
			if err != nil {
				t.Skip("not covered here: ", err)
			}
			defer listener.Close()
			client, err := net.Dial("tcp", listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer client.Close()
			server, err := listener.Accept()
			if err != nil {
				t.Fatal(err)
			}
			defer server.Close()
			fill(t, server)
			local, remote := addressOf(t, server.LocalAddr()), addressOf(t, server.RemoteAddr())
			inTables := only(slices.Concat(read(table4), read(table6)), local, remote)
			if len(inTables) != 1 || !inTables[0].Unsent {
				t.Fatalf("the tables have %+v", inTables)
			}
			asked, err := lookUp(local, remote)
			if err != nil || !slices.Equal(asked, inTables) {
				t.Errorf("asked for it, the kernel says %+v, %v; the tables have %+v", asked, err, inTables)
			}
			if found, ok := Between(local, remote); !ok || found != inTables[0] {
				t.Errorf("found %+v, %t", found, ok)
			}
			mapped := netip.AddrPortFrom(netip.AddrFrom16(local.Addr().As16()), local.Port())
			if _, ok := Between(mapped, remote); !ok {
				t.Error("it is not found by the address of IPv6 that stands for its own")
			}
			if found, ok := Between(remote, netip.AddrPortFrom(local.Addr(), remote.Port())); ok {
				t.Errorf("found %+v, which is not there", found)
			}
			family := map[bool]uint8{true: unix.AF_INET, false: unix.AF_INET6}[local.Addr().Is4()]
			open, err := dump(family, []State{Established})
			if err != nil || !slices.Equal(only(open, local, remote), inTables) {
				t.Errorf("of all that are open, the kernel says %+v, %v", only(open, local, remote), err)
			}
			if i := slices.IndexFunc(open, func(s Socket) bool { return s.State != Established }); i >= 0 {
				t.Errorf("it says %+v too", open[i])
			}
			if !slices.ContainsFunc(Sockets(Listening), func(s Socket) bool { return s.Local == local }) {
				t.Error("the listener is not found")
			}
			if slices.ContainsFunc(Sockets(CloseWait), func(s Socket) bool { return s.Local == local }) {
				t.Error("a connection that is open is found among those whose other side has ended")
			}
		})
	}
}

// fill writes until the kernel holds bytes that the other side does not take.
func fill(t *testing.T, conn net.Conn) {
	t.Helper()
	raw, err := conn.(*net.TCPConn).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Write(func(fd uintptr) bool {
		for {
			if _, err := unix.Write(int(fd), make([]byte, 64<<10)); err != nil {
				return true // it would block
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func addressOf(t *testing.T, a net.Addr) netip.AddrPort {
	t.Helper()
	parsed, err := netip.ParseAddrPort(a.String())
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func only(all []Socket, local, remote netip.AddrPort) []Socket {
	return slices.DeleteFunc(slices.Clone(all), func(s Socket) bool { return s.Local != local || s.Remote != remote })
}

// What is no answer is an error, and not a table that is short.
func TestUnderstand(t *testing.T) {
	one := request(unix.AF_INET, 0, 0, netip.MustParseAddrPort("127.0.0.1:1"), netip.MustParseAddrPort("127.0.0.1:2"))
	for _, text := range [][]byte{one[:10], append(slices.Clone(one), 1, 2, 3), {1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}} {
		t.Run(fmt.Sprint(len(text)), func(t *testing.T) {
			if found, over, err := understand(text); err == nil || !over || len(found) > 0 {
				t.Errorf("%+v, %t, %v", found, over, err)
			}
		})
	}
}
