// Package firstsite writes a site file for somebody who has none.
package firstsite

import (
	"net/netip"
	"strconv"
	"strings"
	"text/template"

	_ "embed"

	"edgegen/internal/config"
	"edgegen/internal/hcltext"
)

// Site is what the file says.
type Site struct {
	Host  string
	App   string // a server, as "127.0.0.1:5000"; "" for none
	Files string // a directory; "" for none
	// HTTP and HTTPS are the ports to listen on; 80 and 443 need no word.
	HTTP, HTTPS uint16
}

//go:embed site.hcl.tmpl
var text string

// Text is the file, in canonical layout. Whether it is a good one says a load.
func (s Site) Text() ([]byte, error) {
	t, err := template.New("site.hcl").Funcs(template.FuncMap{"quote": hcltext.Quote}).Parse(text)
	if err != nil {
		return nil, err
	}
	var out strings.Builder
	if err := t.Execute(&out, s); err != nil {
		return nil, err
	}
	formatted, problems := config.Format("site.hcl", []byte(out.String()))
	if problems.HasErrors() {
		return nil, &config.Refused{Diagnostics: problems}
	}
	return formatted, nil
}

// URL is where the site is to be found.
func (s Site) URL() string {
	url := "https://" + s.Host
	if strings.Contains(s.Host, ":") { // an IPv6 address
		url = "https://[" + s.Host + "]"
	}
	if s.HTTPS != 443 {
		url += ":" + strconv.Itoa(int(s.HTTPS))
	}
	return url + "/"
}

// Usual reports the ports that every client knows.
func (s Site) Usual() bool { return s.HTTP == 80 && s.HTTPS == 443 }

// Public reports a host that an authority can look at: one with a domain that is
// not for tests, at the ports where it looks.
func (s Site) Public() bool {
	if _, err := netip.ParseAddr(s.Host); err == nil || !s.Usual() {
		return false
	}
	at := strings.LastIndexByte(s.Host, '.')
	switch s.Host[at+1:] {
	case "test", "example", "invalid", "localhost", "local", "internal", "lan", "home", "arpa", "onion": // RFC 6761, 6762, 7686, 8375
		return false
	}
	return at > 0
}

// Server reads where an app listens, as a person says it: "5000", ":5000" and
// "localhost:5000" are servers, too.
func Server(said string) string {
	said = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(said), "http://"), "/")
	port := strings.TrimPrefix(said, ":")
	if _, err := strconv.ParseUint(port, 10, 64); err == nil {
		return "127.0.0.1:" + port
	}
	return said
}
