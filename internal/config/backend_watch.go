package config

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"edgegen/internal/site"
)

func readBalance(b *block, a *argument, backend *site.Backend) {
	backend.Balance = site.Balance(b.word(a))
}

func readStickyCookie(b *block, a *argument, s *site.Sticky) {
	name, ok := b.text(a)
	if ok && (name.text == "" || !isToken(name.text)) {
		b.errorAt(name.place, "write a name such as "+a.example, "%q is no cookie name", name.text)
		return
	}
	s.Cookie = name.text
}

func readHealthPath(b *block, a *argument, h *site.Health) {
	h.Path = strings.Trim(a.standard, `"`)
	path, ok := b.text(a)
	switch {
	case !ok:
	case !strings.HasPrefix(path.text, "/"):
		b.errorAt(path.place, fmt.Sprintf("write %q", "/"+path.text), "%s %q does not begin with \"/\"", a.name, path.text)
	case strings.ContainsFunc(path.text, func(r rune) bool { return r <= ' ' || r >= 0x7f || r == '#' }):
		b.errorAt(path.place, "percent-encode it", "%s %q holds a character that no request's target has", a.name, path.text)
	default:
		h.Path = path.text
	}
}

// readHealthStatus reads numbers and ranges.
func readHealthStatus(b *block, a *argument, h *site.Health) {
	text := strings.Trim(a.standard, `"`)
	written, ok := b.text(a)
	if ok {
		text = written.text
	}
	for part := range strings.SplitSeq(text, ",") {
		one, ok := parseStatuses(strings.TrimSpace(part))
		if !ok {
			b.errorAt(written.place, "write "+a.example+", say, with numbers from 100 to 599", "%s holds %q, which is no range of statuses", a.name, part)
			return
		}
		h.Status = append(h.Status, one)
	}
	slices.SortFunc(h.Status, func(x, y site.StatusRange) int {
		return cmp.Or(cmp.Compare(x.First, y.First), cmp.Compare(x.Last, y.Last))
	})
}

func parseStatuses(text string) (site.StatusRange, bool) {
	low, high, ranged := strings.Cut(text, "-")
	first, err := strconv.ParseUint(low, 10, 16)
	last := first
	if err == nil && ranged {
		last, err = strconv.ParseUint(high, 10, 16)
	}
	return site.StatusRange{First: int(first), Last: int(last)}, err == nil && first >= 100 && last <= 599 && first <= last
}

// checkHealth checks that a question ends before the next one is put. That bounds for how
// long a server that hangs is taken for well.
func checkHealth(b *block, h *site.Health) {
	timeout := b.row(&h.Timeout)
	if h.Timeout > h.Interval && b.holds(timeout) && !b.wrong(timeout) {
		b.errorAt(b.placeOf(timeout), "make it shorter, or interval longer", "%s is longer than interval, which is %s", timeout.name, h.Interval)
	}
	h.Timeout = min(h.Timeout, h.Interval)
}

func readServerName(b *block, a *argument, t *site.BackendTLS) {
	if name, ok := b.text(a); ok {
		host, _ := b.host(name)
		t.ServerName = host.text
	}
}

func readVerify(b *block, a *argument, t *site.BackendTLS) { t.Verify = !b.holds(a) || b.flag(a) }

// checkBackendTLS reads the files with which edgegen speaks TLS to servers; they must be
// good. Their content is part of the model's meaning.
func checkBackendTLS(b *block, t *site.BackendTLS) {
	sum := sha256.New()
	ca, chain, key := b.row(&t.CA), b.row(&t.Certificate), b.row(&t.Key)
	if b.holds(ca) || b.holds(chain) || b.holds(key) {
		b.note.spoil() // the block is read anew each time
	}
	if b.holds(ca) {
		var of string
		t.CA, of = b.roots(ca)
		sum.Write([]byte(of))
		if !t.Verify {
			b.warnAt(b.placeOf(ca), "leave one of the two out", "%s has no effect beside verify = false", ca.name)
		}
	}
	if verify := b.row(&t.Verify); !t.Verify && b.holds(verify) && !b.wrong(verify) {
		b.warnAt(b.placeOf(verify), "name their authority by "+ca.name+", or whom their certificates are for by server_name", "whoever answers in the place of these servers is believed: nobody looks at their certificates")
	}
	if b.holds(chain) || b.holds(key) {
		b.clientCertificate(t, chain, key, sum.Write)
	}
	if b.holds(ca) || b.holds(chain) {
		t.Files = hex.EncodeToString(sum.Sum(nil))[:16]
	}
}

func (b *block) clientCertificate(t *site.BackendTLS, chain, key *argument, note func([]byte) (int, error)) {
	certFile, certPath, haveCert := b.pemFile(chain)
	keyFile, keyPath, haveKey := b.pemFile(key)
	t.Certificate, t.Key = certPath, keyPath
	if !haveCert || !haveKey {
		return
	}
	pair, err := b.pair(pairFiles{certPath, keyPath})
	if err != nil {
		b.certificateError(err, named{chain, certFile}, named{key, keyFile})
		return
	}
	b.checkDates(pair, certFile)
	_, _ = note(pair.PEM)
}

// readResolver reads addresses of name servers.
func readResolver(b *block, a *argument, edge *site.Edge) {
	written, ok := b.texts(a)
	if ok && len(written) == 0 {
		b.errorAt(b.placeOf(a), "leave it out for the name servers of the machine", "%s is empty", a.name)
	}
	for _, one := range written {
		address, err := parseResolver(one.text)
		if err != nil {
			b.errorAt(one.place, `write "10.0.0.2" or "127.0.0.1:5353", say`, "%q is no address of a name server", one.text)
			continue
		}
		edge.Resolvers = append(edge.Resolvers, address)
	}
}

func parseResolver(text string) (netip.AddrPort, error) {
	address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	at := netip.AddrPortFrom(address.Unmap(), 53)
	if err != nil {
		at, err = netip.ParseAddrPort(text)
	}
	if err == nil && (at.Addr().Zone() != "" || at.Port() == 0 || at.Addr().IsUnspecified() || at.Addr().IsMulticast()) {
		err = errors.New("no address of a server")
	}
	return at, err
}
