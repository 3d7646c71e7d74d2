package native

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// stunnel has a clock for each wait of a handshake (TIMEOUTbusy) and none for the
// whole: a client that sends a byte now and then keeps its thread for ever. So
// edgegen looks from outside. stunnel serves a connection in a thread, and the
// kernel tells what a thread waits for and how long at most: in a handshake that
// is TIMEOUTbusy, afterwards another of its clocks. The socket of one that has
// been at it for too long is shut down.

// handshakes are what is known of the threads of one stunnel.
type handshakes struct {
	pid   int
	since map[string]time.Time // when a thread was first seen; the zero time once it is past its handshake
	// clocks are what TIMEOUTbusy has been, in seconds: a thread keeps to the file
	// that was in force when it began.
	clocks []int64
	deaf   bool // the kernel does not let us look
}

// EndSlowHandshakes ends the handshakes of the process that have taken longer than
// timeouts.header. It is to be called about once a second, by one goroutine at a
// time. The error tells, once, that the kernel does not allow it: no handshake is
// then ended as long as it moves.
func (s *Stunnel) EndSlowHandshakes(pid int) error {
	h := &s.handshakes
	if h.pid != pid {
		*h = handshakes{pid: pid, deaf: h.deaf}
	}
	if h.deaf {
		return nil
	}
	limit := s.current().Edge.Timeout.Header
	if clock := max(1, int64((limit+time.Second-1)/time.Second)); !slices.Contains(h.clocks, clock) {
		h.clocks = append(h.clocks, clock)
	}
	err := h.look(func(thread string, began time.Time) error {
		if time.Since(began) < limit {
			return nil
		}
		return h.shut(thread, s.heldBy())
	})
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.ENOSYS) {
		h.deaf = true
		return fmt.Errorf("look for handshakes that take too long: %w", err)
	}
	return nil // the process has ended, or the next look finds what this one did not
}

// look calls slow with each thread that is in a handshake, and since when.
func (h *handshakes) look(slow func(thread string, began time.Time) error) error {
	directory, err := os.Open(fmt.Sprintf("/proc/%d/task", h.pid))
	if err != nil {
		return err
	}
	defer directory.Close()
	threads, err := directory.Readdirnames(-1)
	if err != nil {
		return err
	}
	now, failed := make(map[string]time.Time, len(threads)), error(nil)
	for _, thread := range threads {
		began, known := h.since[thread]
		if !known {
			began = time.Now()
		}
		if !began.IsZero() {
			wait, err := h.waits(thread)
			switch {
			case err != nil:
				failed = errors.Join(failed, err)
			case h.isHandshake(wait):
				failed = errors.Join(failed, slow(thread, began))
			case wait.files != nil:
				began = time.Time{}
			}
		}
		now[thread] = began
	}
	h.since = now
	return failed
}

// polling is what a thread waits for, by poll(2); the zero value is of one that runs.
type polling struct {
	files        []int // the first few descriptors
	milliseconds int64
}

// isHandshake tells from its clock what a thread does: render gives TIMEOUTbusy a
// value that no other clock has that runs for a client.
func (h *handshakes) isHandshake(w polling) bool {
	return w.files != nil && w.milliseconds%1000 == 0 && slices.Contains(h.clocks, w.milliseconds/1000)
}

func isPoll(call int64) bool {
	const pollOfAMD64 = 7 // others have ppoll(2) alone
	return call == unix.SYS_PPOLL || runtime.GOARCH == "amd64" && call == pollOfAMD64
}

// waits looks at a thread. One that has ended waits for nothing.
func (h *handshakes) waits(thread string) (polling, error) {
	line, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/syscall", h.pid, thread))
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ESRCH) {
		return polling{}, nil
	}
	if err != nil {
		return polling{}, err
	}
	call, arguments := parseSyscall(string(line))
	if !isPoll(call) {
		return polling{}, nil
	}
	memory, err := os.Open(fmt.Sprintf("/proc/%d/mem", h.pid))
	if err != nil {
		return polling{}, err
	}
	defer memory.Close()
	const size = 8 // of struct pollfd
	polled := make([]byte, size*min(arguments[1], 4))
	if _, err := memory.ReadAt(polled, int64(arguments[0])); err != nil {
		return polling{}, nil // it has gone on meanwhile
	}
	w := polling{milliseconds: int64(int32(arguments[2]))}
	for one := range slices.Chunk(polled, size) {
		w.files = append(w.files, int(int32(binary.NativeEndian.Uint32(one))))
	}
	if call == unix.SYS_PPOLL {
		var left [16]byte // struct timespec
		if _, err := memory.ReadAt(left[:], int64(arguments[2])); err != nil {
			return polling{}, nil
		}
		w.milliseconds = int64(binary.NativeEndian.Uint64(left[:]))*1000 + int64(binary.NativeEndian.Uint64(left[8:]))/1e6
	}
	return w, nil
}

// parseSyscall reads /proc/PID/syscall: the call's number and its arguments. A
// thread that runs is in none, -1.
func parseSyscall(line string) (number int64, arguments [3]uint64) {
	fields := strings.Fields(line)
	if len(fields) <= len(arguments) {
		return -1, arguments
	}
	number, err := strconv.ParseInt(fields[0], 10, 64)
	for i := range arguments {
		var failed error
		arguments[i], failed = strconv.ParseUint(fields[i+1], 0, 64)
		err = errors.Join(err, failed)
	}
	if err != nil {
		return -1, arguments
	}
	return number, arguments
}

// shut ends the connection of the client that a thread waits for, but for those
// from the addresses that are spared.
func (h *handshakes) shut(thread string, spared []netip.AddrPort) error {
	process, err := unix.PidfdOpen(h.pid, 0)
	if err != nil {
		return err
	}
	defer unix.Close(process)
	before, err := h.waits(thread)
	for _, fd := range before.files {
		socket, failed := unix.PidfdGetfd(process, fd, 0)
		if failed != nil {
			if !errors.Is(failed, unix.EBADF) { // it has been closed meanwhile
				err = errors.Join(err, failed)
			}
			continue
		}
		// Only now is it certain that this is what the thread waits for.
		again, failed := h.waits(thread)
		if client := clientOf(socket); h.isHandshake(again) && slices.Contains(again.files, fd) && client.IsValid() && !slices.Contains(spared, client) {
			_ = unix.Shutdown(socket, unix.SHUT_RDWR) // or it has just ended by itself
		}
		_ = unix.Close(socket)
		err = errors.Join(err, failed)
	}
	return err
}

// clientOf is who is at the other end of a TCP connection; it is not valid where a
// descriptor is something else.
func clientOf(fd int) netip.AddrPort {
	peer, err := unix.Getpeername(fd)
	if err != nil {
		return netip.AddrPort{}
	}
	return addressOf(peer)
}

func addressOf(address unix.Sockaddr) netip.AddrPort {
	switch a := address.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr).Unmap(), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// heldBy are edgegen's own ends of the connections that Anchor keeps in the middle of a
// handshake.
func (s *Stunnel) heldBy() []netip.AddrPort {
	s.mu.Lock()
	defer s.mu.Unlock()
	var addresses []netip.AddrPort
	for _, connection := range s.held {
		if address, err := netip.ParseAddrPort(connection.LocalAddr().String()); err == nil {
			addresses = append(addresses, netip.AddrPortFrom(address.Addr().Unmap(), address.Port()))
		}
	}
	return addresses
}
