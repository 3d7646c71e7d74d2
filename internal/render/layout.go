package render

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path"
	"strings"

	"edgegen/internal/site"
)

// Layout says where the rendered files and the sockets between the tiers
// stand. Both directories are absolute.
type Layout struct {
	Dir string // the rendered files
	Run string // sockets, pid files, temporary files; short, since a socket's path holds 107 bytes
}

// MaxRun is the longest Run whose sockets still have a valid path: 107 bytes
// less the longest name below it.
const MaxRun = 107 - len("/standby-plain.sock")

// CacheSocket takes requests from the TLS tier, each connection headed by a PROXY line.
func (l Layout) CacheSocket() string { return l.Run + "/cache.sock" }

// PlainSocket takes requests of the plain-HTTP listeners from the web tier.
func (l Layout) PlainSocket() string { return l.Run + "/plain.sock" }

// FrontSocket takes requests from a TLS tier that reads HTTP itself.
func (l Layout) FrontSocket() string { return l.Run + "/front.sock" }

// VarnishSocket and VarnishPlain are varnishd's own sockets. CacheSocket and PlainSocket
// lead to them, or to those of the stand-in while varnishd is not well: see
// Input.Standby. varnishd makes them, and CacheProbe, itself, so they stand in its
// directory: it needs no right to write in Run.
func (l Layout) VarnishSocket() string { return l.VarnishDir() + "/cache.sock" }

// VarnishPlain is varnishd's part of PlainSocket.
func (l Layout) VarnishPlain() string { return l.VarnishDir() + "/plain.sock" }

// StandbySocket takes what CacheSocket refuses.
func (l Layout) StandbySocket() string { return l.Run + "/standby.sock" }

// StandbyPlain takes what PlainSocket refuses.
func (l Layout) StandbyPlain() string { return l.Run + "/standby-plain.sock" }

// CacheProbe answers with the generation the cache tier serves.
func (l Layout) CacheProbe() string { return l.VarnishDir() + "/probe.sock" }

// WebSocket takes the cache tier's requests to the web tier.
func (l Layout) WebSocket() string { return l.Run + "/web.sock" }

// relayName ends the name of a relay's socket; nginx/common.conf knows it by that.
const relayName = ".relay"

// IsRelay reports the path of a relay's socket.
func (l Layout) IsRelay(path string) bool {
	// The last first: most paths are none, and this is asked of each request.
	return strings.HasSuffix(path, relayName) && strings.HasPrefix(path, l.Run+"/~")
}

// RelaySocket takes what daemons ask of a backend, by its site.BackendID, that
// edgegen leads them to.
func (l Layout) RelaySocket(backend string) string {
	sum := sha256.Sum256([]byte(backend))
	return l.Run + "/~" + hex.EncodeToString(sum[:])[:11] + relayName
}

// ChallengeSocket takes from the web tier what authorities ask for on the plain
// listeners.
func (l Layout) ChallengeSocket() string { return l.Run + "/acme.sock" }

// PurgeSocket takes requests to purge from the cache tier.
func (l Layout) PurgeSocket() string { return l.Run + "/purge.sock" }

// SharedSocket takes from the cache tier what may be stored, for the member of a cluster
// that owns it.
func (l Layout) SharedSocket() string { return l.Run + "/shared.sock" }

// Away is a file that is there while load balancers are to send nobody here.
func (l Layout) Away() string { return l.Run + "/away" }

// GateSocket takes from the cache tier what decides whether a request may come in.
func (l Layout) GateSocket() string { return l.Run + "/gate.sock" }

// CountsSocket hands the cache tier how often clients have come.
func (l Layout) CountsSocket() string { return l.Run + "/counts.sock" }

// WebProbe answers with the generation the web tier serves.
func (l Layout) WebProbe() string { return l.Run + "/web-probe.sock" }

// VarnishDir is varnishd's working directory, and VarnishTry that of one that
// only looks at a file.
func (l Layout) VarnishDir() string { return l.Run + "/varnish" }

// VarnishTry is made by the varnishd that needs it.
func (l Layout) VarnishTry() string { return l.VarnishDir() + "/check" }

// Compiled is what a VCL has been compiled to, while varnishd is given that to load.
func (l Layout) Compiled() string { return l.Run + "/compiled.so" }

// NginxPID is nginx's pid file.
func (l Layout) NginxPID() string { return l.NginxTemp() + "/nginx.pid" }

// NginxTemp is the directory for bodies in transit.
func (l Layout) NginxTemp() string { return l.Run + "/nginx" }

// Temp is for what a daemon's helpers write for a moment: the C compiler's files
// stay for ever where it is killed with varnishd.
func (l Layout) Temp() string { return l.Run + "/tmp" }

// Directories lists what has to exist below Run before a daemon starts. The
// daemons write there and nowhere else.
func (l Layout) Directories() []string {
	return []string{l.VarnishDir(), l.NginxTemp(), l.Temp()}
}

// PEMDir is where the certificate files are, below Dir. Where Input.Standby is
// set stunnel looks for it in its working directory.
const PEMDir = "pem"

// pemName names the file of one of a site's certificates. A host holds nothing
// that a file name cannot, but for the colons of an IPv6 address; no host holds
// a "~", and no such address what follows it here.
func pemName(s *site.Site, n int) string {
	name := strings.ReplaceAll(s.Host, ":", "~")
	if n > 0 {
		name += fmt.Sprintf("~pair%d", n+1)
	}
	return path.Join(PEMDir, name+".pem")
}
