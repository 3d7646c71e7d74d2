package doctor

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"syscall"

	"edgegen/internal/generation"
)

// quicBuffer is what quic-go would like a socket to hold, in bytes; root takes it.
const quicBuffer = 7 << 20

// examineQUIC tells whether the UDP ports of HTTP/3 can be had, and whether the kernel holds
// enough for them.
func (x *examination) examineQUIC() []Line {
	const kind = "http/3"
	var lines []Line
	for _, l := range x.edge.HTTPS {
		if l.Address.Port() == 0 {
			continue
		}
		network := "udp4"
		if l.Address.Addr().Is6() {
			network = "udp6"
		}
		packets, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(l.Address))
		if err == nil {
			_ = packets.Close() // nothing is written to it
			lines = append(lines, Line{LevelOK, kind, "UDP " + l.Address.String() + " is free", ""})
			continue
		}
		if l.Optional && generation.WithoutIPv6(err) {
			continue
		}
		if errors.Is(err, syscall.EADDRINUSE) && x.running != nil {
			lines = append(lines, Line{LevelOK, kind, fmt.Sprintf("UDP %s is held, as the edge runs", l.Address), ""})
			continue
		}
		summary, remedy := generation.ExplainListen(l.Address, true, err)
		lines = append(lines, Line{LevelProblem, kind, summary, remedy})
	}
	if os.Geteuid() == 0 {
		return lines
	}
	for _, name := range []string{"rmem_max", "wmem_max"} {
		text, err := os.ReadFile("/proc/sys/net/core/" + name)
		most, wrong := strconv.Atoi(strings.TrimSpace(string(text)))
		if err == nil && wrong == nil && most < quicBuffer {
			lines = append(lines, Line{LevelWarning, kind, fmt.Sprintf("net.core.%s is %d: under load, packets of HTTP/3 are lost with so small a buffer", name, most),
				fmt.Sprintf("sysctl -w net.core.%s=%d, and put it into /etc/sysctl.d", name, 7500000)})
		}
	}
	return lines
}
