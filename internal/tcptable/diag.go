package tcptable

import (
	"encoding/binary"
	"errors"
	"net/netip"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// What the kernel is asked, and what it answers, behind the head of each message:
// inet_diag_req_v2 and inet_diag_msg of linux/inet_diag.h. Ports and addresses are in
// the network's byte order, and all else in the machine's.
const (
	headSize   = unix.SizeofNlMsghdr
	askedSize  = 56
	toldSize   = 72
	byFamily   = 20 // SOCK_DIAG_BY_FAMILY
	anyCookie  = ^uint32(0)
	patience   = time.Second
	bufferSize = 32 << 10 // the kernel fills no more at a time
)

// dump asks for the sockets of a family that are in one of the states.
func dump(family uint8, states []State) ([]Socket, error) {
	mask := uint32(0)
	for _, s := range states {
		mask |= 1 << s
	}
	return ask(request(family, unix.NLM_F_DUMP, mask, netip.AddrPort{}, netip.AddrPort{}))
}

// lookUp asks for one socket; where there is none, that is an error.
func lookUp(local, remote netip.AddrPort) ([]Socket, error) {
	family := uint8(unix.AF_INET6)
	if local.Addr().Is4() {
		family = unix.AF_INET
	}
	return ask(request(family, 0, anyCookie, local, remote))
}

func request(family uint8, flags uint16, states uint32, local, remote netip.AddrPort) []byte {
	text := make([]byte, headSize+askedSize)
	native, network := binary.NativeEndian, binary.BigEndian
	native.PutUint32(text, uint32(len(text)))
	native.PutUint16(text[4:], byFamily)
	native.PutUint16(text[6:], unix.NLM_F_REQUEST|flags)
	asked := text[headSize:]
	asked[0], asked[1] = family, unix.IPPROTO_TCP
	native.PutUint32(asked[4:], states)
	network.PutUint16(asked[8:], local.Port())
	network.PutUint16(asked[10:], remote.Port())
	copy(asked[12:28], local.Addr().AsSlice())
	copy(asked[28:44], remote.Addr().AsSlice())
	native.PutUint32(asked[48:], anyCookie)
	native.PutUint32(asked[52:], anyCookie)
	return text
}

// ask sends a request and reads what is told, until its end.
func ask(request []byte) (found []Socket, err error) {
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	limit := unix.NsecToTimeval(int64(patience))
	if err := unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &limit); err != nil {
		return nil, err
	}
	if err := unix.Sendto(fd, request, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return nil, err
	}
	dumps := binary.NativeEndian.Uint16(request[6:])&unix.NLM_F_DUMP != 0
	buffer := make([]byte, bufferSize)
	for {
		n, _, err := unix.Recvfrom(fd, buffer, 0)
		if errors.Is(err, unix.EINTR) {
			continue
		}
		if err != nil {
			return nil, err
		}
		told, over, err := understand(buffer[:n])
		found = append(found, told...)
		if err != nil || over || !dumps {
			return found, err
		}
	}
}

// understand reads the messages of one answer, and whether they are the last ones.
func understand(text []byte) (found []Socket, over bool, err error) {
	for len(text) >= headSize {
		size, kind := int(binary.NativeEndian.Uint32(text)), binary.NativeEndian.Uint16(text[4:])
		if size < headSize || size > len(text) {
			break
		}
		body := text[headSize:size]
		switch {
		case kind == unix.NLMSG_DONE:
			return found, true, nil
		case kind == unix.NLMSG_ERROR && len(body) >= 4:
			return found, true, unix.Errno(-int32(binary.NativeEndian.Uint32(body)))
		case kind == byFamily && len(body) >= toldSize:
			found = append(found, socketOf(body))
		}
		text = text[min(len(text), (size+3)&^3):]
	}
	if len(text) > 0 {
		return found, true, unix.EBADMSG
	}
	return found, false, nil
}

func socketOf(told []byte) Socket {
	native, state, size := binary.NativeEndian, State(told[1]), 16
	if told[0] == unix.AF_INET {
		size = 4
	}
	end := func(port, address []byte) netip.AddrPort {
		a, _ := netip.AddrFromSlice(address[:size]) // both sizes are an address's
		return netip.AddrPortFrom(a, binary.BigEndian.Uint16(port))
	}
	return Socket{
		Local:  end(told[4:], told[8:]),
		Remote: end(told[6:], told[24:]),
		State:  state,
		Unsent: state != Listening && native.Uint32(told[60:]) > 0,
		UID:    strconv.FormatUint(uint64(native.Uint32(told[64:])), 10),
		Inode:  strconv.FormatUint(uint64(native.Uint32(told[68:])), 10),
	}
}
