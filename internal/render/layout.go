package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"edgegen/internal/site"
)

// Layout says where the rendered files and the sockets between the tiers are. Both
// directories are absolute.
type Layout struct {
	Dir string // the rendered files
	Run string // sockets, pid files, temporary files; short, since a socket's path holds 107 bytes
}

// MaxRun is the longest Run whose sockets still have a valid path: 107 bytes
// less the longest name below it.
const MaxRun = 107 - len("/standby-plain.sock")

// CacheSocket is where the TLS tier sends requests; each connection begins with a PROXY line.
func (l Layout) CacheSocket() string { return l.Run + "/cache.sock" }

// PlainSocket is where the web tier sends requests of the plain-HTTP listeners.
func (l Layout) PlainSocket() string { return l.Run + "/plain.sock" }

// FrontSocket is where nginx as the TLS tier, which reads HTTP itself, sends requests.
func (l Layout) FrontSocket() string { return l.Run + "/front.sock" }

// VarnishSocket and VarnishPlain are varnishd's own sockets. CacheSocket and PlainSocket
// lead to them, or to the stand-in's while varnishd is not healthy: see Input.Standby.
// varnishd creates them, and CacheProbe, itself. They are in its own directory, so that it
// needs no right to write in Run.
func (l Layout) VarnishSocket() string { return l.VarnishDir() + "/cache.sock" }

// VarnishPlain is varnishd's part of PlainSocket.
func (l Layout) VarnishPlain() string { return l.VarnishDir() + "/plain.sock" }

// StandbySocket takes connections that CacheSocket refuses.
func (l Layout) StandbySocket() string { return l.Run + "/standby.sock" }

// StandbyPlain takes connections that PlainSocket refuses.
func (l Layout) StandbyPlain() string { return l.Run + "/standby-plain.sock" }

// CacheProbe answers with the generation the cache tier serves.
func (l Layout) CacheProbe() string { return l.VarnishDir() + "/probe.sock" }

// WebSocket is where the cache tier sends requests to the web tier. (It has nothing to do
// with the protocol of that name.)
func (l Layout) WebSocket() string { return l.Run + "/web.sock" }

// relayName is the end of a relay's socket name, by which nginx/common.conf recognizes it.
const relayName = ".relay"

// IsRelay reports the path of a relay's socket.
func (l Layout) IsRelay(path string) bool {
	// The suffix first: most paths do not have it, and this is called for each request.
	return strings.HasSuffix(path, relayName) && strings.HasPrefix(path, l.Run+"/~")
}

// RelaySocket is where daemons send requests for a backend (a site.BackendID) that edgegen
// relays to the app.
func (l Layout) RelaySocket(backend string) string {
	sum := sha256.Sum256([]byte(backend))
	return l.Run + "/~" + hex.EncodeToString(sum[:])[:11] + relayName
}

// ChallengeSocket is where the web tier sends ACME challenges of the plain listeners.
func (l Layout) ChallengeSocket() string { return l.Run + "/acme.sock" }

// PurgeSocket is where the cache tier sends PURGE requests.
func (l Layout) PurgeSocket() string { return l.Run + "/purge.sock" }

// SharedSocket is where the cache tier sends requests whose answers may be stored, if the
// edge is a member of a cluster: edgegen asks the member that owns the URL.
func (l Layout) SharedSocket() string { return l.Run + "/shared.sock" }

// Away is a file that exists while load balancers are to send no clients here.
func (l Layout) Away() string { return l.Run + "/away" }

// GateSocket is where the cache tier asks edgegen whether a request may come in.
func (l Layout) GateSocket() string { return l.Run + "/gate.sock" }

// CountsSocket is where edgegen hands varnishd the memory that they share for rate_limit.
func (l Layout) CountsSocket() string { return l.Run + "/counts.sock" }

// WebProbe answers with the generation the web tier serves.
func (l Layout) WebProbe() string { return l.Run + "/web-probe.sock" }

// VarnishDir is varnishd's working directory.
func (l Layout) VarnishDir() string { return l.Run + "/varnish" }

// VarnishTry is the working directory of a varnishd that only checks a VCL; that varnishd
// creates it.
func (l Layout) VarnishTry() string { return l.VarnishDir() + "/check" }

// Compiled is the shared object of a compiled VCL, while varnishd is told to load it.
func (l Layout) Compiled() string { return l.Run + "/compiled.so" }

// NginxPID is nginx's pid file.
func (l Layout) NginxPID() string { return l.NginxTemp() + "/nginx.pid" }

// NginxTemp is the directory for bodies in transit.
func (l Layout) NginxTemp() string { return l.Run + "/nginx" }

// Temp is for temporary files of the daemons' helpers. It is cleared at a start: the C
// compiler leaves files behind if it is killed with varnishd.
func (l Layout) Temp() string { return l.Run + "/tmp" }

// Directories lists the directories below Run that must exist before a daemon starts. The
// daemons write nowhere else.
func (l Layout) Directories() []string {
	return []string{l.VarnishDir(), l.NginxTemp(), l.Temp()}
}

// PEMDir is the directory of the certificate files, below Dir. With Input.Standby, stunnel
// looks for it in its working directory.
const PEMDir = "pem"

// pemName names the file of one of a site's certificates. A host is a valid file name,
// except for the colons of an IPv6 address, which become "~". No host has a "~", so the
// names are unique.
func pemName(s *site.Site, n int) string {
	name := strings.ReplaceAll(s.Host, ":", "~")
	if n > 0 {
		name += fmt.Sprintf("~pair%d", n+1)
	}
	return path.Join(PEMDir, name+".pem")
}
