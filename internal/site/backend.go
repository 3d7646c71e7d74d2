package site

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Backend is an app: where it listens, how its servers are chosen and watched,
// and optionally how it is run.
type Backend struct {
	Name    string
	Servers []Server // in the order of the file; never empty
	Resolve time.Duration
	Balance Balance
	Sticky  *Sticky // nil where a client may get another server each time
	TLS     BackendTLS
	Health  *Health // nil where servers are judged by requests alone
	Host    string  // what it is asked for by Host; "" for what the client has sent
	Timeout Patience
	FastCGI *FastCGI // nil where it speaks HTTP
	// Compressed is set where a route compresses its answers.
	Compressed bool
	// HandsOver is that of its site.
	HandsOver bool
	Command   []string // nil where edgegen does not run the app
	Env       []Variable
	Dir       string // absolute; the command's working directory
	Source    Source
}

// Server is one address of a backend. Either Path is set, or Host and Port are.
type Server struct {
	Host   string // an IP address or a name
	Port   uint16
	Path   string // absolute path of a Unix socket
	TLS    bool   // it is spoken to by TLS
	Weight int    // its share, against the others'; at least 1
	Backup bool   // it is asked where no other server can be
	// MaxConnections is how many requests and WebSockets each of its addresses has
	// at a time; 0 for any number.
	MaxConnections int
	Source         Source
}

// Balance is the way in which a server is chosen for a request.
type Balance string

// The ways to choose: in turn, the one with the least work, and the same one for
// a client's address. Weights hold for each.
const (
	RoundRobin       Balance = "round_robin"
	LeastConnections Balance = "least_connections"
	ClientHash       Balance = "client_hash"
)

// Sticky keeps a client at the server that has answered it first, by a cookie.
type Sticky struct {
	Cookie string
	TTL    time.Duration // how long the client keeps it; 0 for as long as it runs
	Source Source
}

// BackendTLS is how servers are spoken to whose TLS is set.
type BackendTLS struct {
	ServerName  string // whom the certificate is to be for; "" for each server's own name
	CA          string // absolute path of the authorities in PEM; "" for those of the machine
	Verify      bool
	Certificate string // absolute path of the chain that edgegen shows; "" for none
	Key         string // absolute path of its key
	Files       string // names what the files held when the model was made
	Source      Source
}

// Health is how servers are asked whether they are well.
type Health struct {
	Path           string
	Interval       time.Duration
	Timeout        time.Duration
	Status         []StatusRange // of the answers of a server that is well
	HealthyAfter   int           // good answers in a row that make an unwell server well
	UnhealthyAfter int           // failures in a row that make a well one unwell
	Source         Source
}

// FastCGI is what there is to know of an app that speaks it.
type FastCGI struct {
	Root   string     // absolute; the directory of its scripts
	Index  string     // the name of a file, as "index.php", whose ending is that of all scripts
	Params []Variable // ordered by Name
	Source Source
}

// IsReservedParam reports whether the edge itself sets a parameter. A site that set it
// could claim who a client is, or run another script than the one in the path.
func IsReservedParam(name string) bool {
	switch name {
	case "GATEWAY_INTERFACE", "SERVER_PROTOCOL", "SERVER_NAME", "SERVER_PORT", "REMOTE_ADDR", "REMOTE_HOST", "HTTPS",
		"REQUEST_METHOD", "REQUEST_URI", "REQUEST_SCHEME", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH",
		"DOCUMENT_ROOT", "DOCUMENT_URI", "SCRIPT_NAME", "SCRIPT_FILENAME", "PATH_INFO", "REDIRECT_STATUS":
		return true
	}
	return strings.HasPrefix(name, "HTTP_")
}

// Ending is that of the names of scripts, with its dot.
func (f *FastCGI) Ending() string { return f.Index[strings.LastIndexByte(f.Index, '.'):] }

// ScriptEndings are the endings of the scripts of the site's apps, in lower case. A file
// with such a name is never served, since that would show the script.
func (s *Site) ScriptEndings() []string {
	var endings []string
	for _, b := range s.Backends {
		if b.FastCGI != nil {
			endings = append(endings, strings.ToLower(b.FastCGI.Ending()))
		}
	}
	slices.Sort(endings)
	return slices.Compact(endings)
}

// IsScript reports a path that ends as a script does.
func (s *Site) IsScript(path string) bool {
	for i := range s.Backends {
		f := s.Backends[i].FastCGI
		if f == nil {
			continue
		}
		if ending := f.Ending(); len(path) >= len(ending) && strings.EqualFold(path[len(path)-len(ending):], ending) {
			return true
		}
	}
	return false
}

// StatusRange is a range of status codes, both ends included.
type StatusRange struct{ First, Last int }

// Good reports whether an answer of this status is one of a server that is well.
func (h *Health) Good(status int) bool {
	return slices.ContainsFunc(h.Status, func(r StatusRange) bool { return status >= r.First && status <= r.Last })
}

// Patience is how long one backend is waited for, if it has timeouts of its own; 0 for what
// Edge.Timeout says.
type Patience struct {
	Connect, FirstByte, BetweenBytes time.Duration
	Source                           Source
}

// Own reports whether the backend has any timeout of its own.
func (p Patience) Own() bool { return p.Connect+p.FirstByte+p.BetweenBytes > 0 }

// hurry is a first_byte that daemons do not keep: nginx has one clock for the wait for an
// answer and the silence within it, and who asks nginx has to allow for a connection besides,
// so that they are seconds late.
const hurry = 10 * time.Second

// hurries reports whether an answer has to begin soon, and may be silent for longer then.
func (p Patience) hurries() bool {
	return p.FirstByte > 0 && p.FirstByte < hurry && (p.BetweenBytes == 0 || p.BetweenBytes > p.FirstByte)
}

// Over returns the timeouts of an edge with those of a backend in their places.
func (p Patience) Over(t Timeouts) Timeouts {
	t.Connect, t.FirstByte, t.BetweenBytes = cmp.Or(p.Connect, t.Connect), cmp.Or(p.FirstByte, t.FirstByte), cmp.Or(p.BetweenBytes, t.BetweenBytes)
	return t
}

// Watched reports whether the backend needs more than fixed addresses that are asked in
// turn by HTTP: names to look up, TLS, checks, weights, limits, FastCGI, an answer that has
// to begin soon, or answers that edgegen compresses or follows (X-Accel-Redirect). edgegen chooses among the servers of
// such a backend itself, whichever engine serves.
func (b *Backend) Watched() bool {
	return b.Timeout.hurries() || b.Compressed || b.HandsOver || b.Health != nil || b.FastCGI != nil || b.Sticky != nil || (b.Balance != "" && b.Balance != RoundRobin) || slices.ContainsFunc(b.Servers, Server.special)
}

func (s Server) special() bool {
	return s.TLS || s.Named() || s.Weight > 1 || s.Backup || s.MaxConnections > 0
}

// BackendID names a backend among those of all sites, by its site's host and its
// own name.
func BackendID(host, name string) string { return host + " " + name }

// Named reports whether the server's addresses have to be looked up. Those of
// "localhost" are known.
func (s Server) Named() bool {
	if s.Path != "" || s.Host == "localhost" {
		return false
	}
	_, err := netip.ParseAddr(s.Host)
	return err != nil
}

// Address returns what net.Dial takes: "tcp" and "host:port", or "unix" and the
// path.
func (s Server) Address() (network, address string) {
	if s.Path != "" {
		return "unix", s.Path
	}
	return "tcp", net.JoinHostPort(s.Host, strconv.Itoa(int(s.Port)))
}

// String is the server as it is written in HCL.
func (s Server) String() string {
	network, address := s.Address()
	switch {
	case network == "unix":
		return "unix:" + address
	case s.TLS:
		return "https://" + address
	}
	return address
}

// Addresses are those of a TCP server to connect to, in turn: "localhost" is
// 127.0.0.1, and ::1 where nobody listens there. A Unix socket has none.
func (s Server) Addresses() []string {
	if s.Path != "" {
		return nil
	}
	hosts := []string{s.Host}
	if s.Host == "localhost" {
		hosts = []string{"127.0.0.1", "::1"}
	}
	for i, host := range hosts {
		hosts[i] = net.JoinHostPort(host, strconv.Itoa(int(s.Port)))
	}
	return hosts
}
