package gateway

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/netip"
	"strconv"
	"strings"

	"edgegen/internal/hcltext"
	"edgegen/internal/printable"
	"edgegen/internal/site"
)

// SiteFile is the name of an edge's site file in its directory.
const SiteFile = "site.hcl"

// Edge is one that is to run: files of a directory, of which SiteFile is the site and the
// others are certificates and keys, by their paths there.
type Edge struct {
	ID    string // names it as long as its address and port are the same
	Files map[string][]byte

	sources []Ref // what the lines of the site file are for; the zero Ref for nothing
}

// Site is the text of its site file.
func (e *Edge) Site() []byte { return e.Files[SiteFile] }

// Source is the object that a line of the site file is for, counted from 1; false where
// there is none.
func (e *Edge) Source(line int) (Ref, bool) {
	if line < 1 || line > len(e.sources) || e.sources[line-1] == (Ref{}) {
		return Ref{}, false
	}
	return e.sources[line-1], true
}

// writer puts a site file together, line by line.
type writer struct {
	*builder
	edge  *edge
	out   strings.Builder
	files map[string][]byte
	lines []Ref
	ref   Ref
	depth int
}

func (w *writer) line(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if strings.HasPrefix(text, "}") {
		w.depth--
	}
	if text != "" {
		text = strings.Repeat("  ", w.depth) + text
	}
	w.out.WriteString(text + "\n")
	w.lines = append(w.lines, w.ref)
	if strings.HasSuffix(text, "{") {
		w.depth++
	}
}

// comment names what the lines from here on are for.
func (w *writer) comment(ref Ref) {
	w.ref = ref
	w.line("")
	w.line("# %s", printable.Text(ref.String()))
}

// object writes fields as an object of HCL.
func object(fields []field) string {
	pairs := make([]string, len(fields))
	for i, f := range fields {
		pairs[i] = hcltext.Quote(f.name) + " = " + hcltext.Quote(f.value)
	}
	return "{ " + strings.Join(pairs, ", ") + " }"
}

// write writes the site file of an edge.
func (e *edge) write(b *builder) Edge {
	w := &writer{builder: b, edge: e, files: map[string][]byte{}}
	at := hcltext.List([]string{listenAt(e.address, e.port)})
	w.ref = e.listeners[0].ref()
	w.line("edge {")
	if e.tls {
		w.line("http = []")
		w.line("https = %s", at)
	} else {
		w.line("http = %s", at)
		w.line("engine {")
		w.line("tls = %s", hcltext.Quote("off"))
		w.line("}")
	}
	w.line("}")
	hosts := e.sorted()
	if !e.tls && e.hosts[""] == nil {
		// A host that nobody serves is answered 404, and not 421.
		hosts = append([]*host{{listener: e.listeners[0]}}, hosts...)
	}
	for _, h := range hosts {
		w.site(h)
	}
	w.files[SiteFile] = []byte(w.out.String())
	return Edge{ID: e.id, Files: w.files, sources: w.lines}
}

func listenAt(address netip.Addr, port int32) string {
	if !address.IsValid() {
		return ":" + strconv.Itoa(int(port))
	}
	return netip.AddrPortFrom(address, uint16(port)).String()
}

// site writes the block of a host.
func (w *writer) site(h *host) {
	w.comment(h.listener.ref())
	beneath, wildcard := site.Beneath(h.name)
	switch {
	case h.name == "":
		w.line("site %s {", hcltext.Quote("default.invalid"))
		w.line("default = true")
	case wildcard:
		w.line("site %s {", hcltext.Quote("wildcard."+beneath+".invalid"))
		w.line("hosts = %s", hcltext.List([]string{site.AnyLabels + beneath}))
	default:
		w.line("site %s {", hcltext.Quote(h.name))
	}
	if w.edge.tls {
		w.ref = h.listener.certificates()
		w.certificates(h.listener.pairs)
	}
	ways := h.inOrder()
	w.backends(h, ways)
	for _, one := range ways {
		w.route(h, one)
	}
	w.ref = h.listener.ref()
	w.line("}")
}

// certificates writes what the site is served with. The files are named by what they
// hold, so that a certificate never stands beside the key of another.
func (w *writer) certificates(pairs []pair) {
	var chains, keys []string
	for _, p := range pairs {
		sum := sha256.Sum256(append(append([]byte{}, p.certificate...), p.key...))
		name := "certificates/" + hex.EncodeToString(sum[:12])
		chains, keys = append(chains, name+".crt"), append(keys, name+".key")
		w.files[name+".crt"], w.files[name+".key"] = p.certificate, p.key
	}
	w.line("tls {")
	w.line("certificate = %s", hcltext.List(chains))
	w.line("key = %s", hcltext.List(keys))
	w.line("}")
}
