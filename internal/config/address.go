package config

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"golang.org/x/net/idna"
)

const maxPort = 65535

// splitHostPort reads "host:port" or "[address]:port" with a port of at least
// the given one.
func splitHostPort(text string, least uint64) (host string, port uint16, problem string) {
	host, digits, err := net.SplitHostPort(text)
	switch {
	case err != nil && strings.Count(text, ":") > 1 && !strings.Contains(text, "["):
		return "", 0, "must have its IPv6 address in brackets"
	case err != nil && !strings.Contains(text, ":"):
		return "", 0, "lacks a port"
	case err != nil:
		return "", 0, "is no address with a port"
	case strings.HasPrefix(text, "[") && !strings.Contains(host, ":"):
		return "", 0, "has something other than an IPv6 address in brackets"
	}
	number, err := strconv.ParseUint(digits, 10, 32)
	switch {
	case digits == "":
		return "", 0, "lacks a port behind the colon"
	case err != nil || digits[0] == '+':
		return "", 0, fmt.Sprintf("has the port %q, which is no number", digits)
	case number > maxPort || number < least:
		return "", 0, fmt.Sprintf("has the port %s, which is not between %d and %d", digits, least, maxPort)
	}
	return host, uint16(number), ""
}

// looksNumeric reports whether a name is meant as an IP address: its last label is a
// number.
func looksNumeric(host string) bool {
	if strings.Contains(host, ":") {
		return true
	}
	last := host[strings.LastIndexByte(host, '.')+1:]
	return last != "" && strings.Trim(last, "0123456789") == ""
}

// host reads the name of a site: a DNS name, an IP address or "localhost", in
// lower case and without a trailing dot; an IPv6 address may stand in brackets,
// and is kept without. Names beyond ASCII are refused, with the form that a
// browser sends as the remedy.
func (l *loader) host(written located) (located, bool) {
	host, problem, remedy := parseHost(written.text)
	if problem != "" {
		l.errorAt(written.place, remedy, "%q %s", written.text, problem)
		return located{}, false
	}
	return located{host, written.place}, true
}

func parseHost(text string) (host, problem, remedy string) {
	const example = `write a host such as "example.com"`
	host = strings.ToLower(strings.TrimSuffix(text, "."))
	if address, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(host, "["), "]")); err == nil {
		switch {
		case address.Zone() != "":
			return "", "holds an IPv6 zone", "write the address without it"
		case address.Is4In6():
			return "", "is an IPv4 address written as IPv6", fmt.Sprintf("write %q", address.Unmap())
		case address.Is6():
			return address.String(), "", ""
		case !strings.Contains(host, "["):
			return address.String(), "", ""
		}
	}
	if name, port, err := net.SplitHostPort(host); err == nil && port != "" && !strings.Contains(host, "/") {
		return "", "holds a port", fmt.Sprintf("write %q here, and the port into https of the edge block", name)
	}
	switch {
	case host == "":
		return "", "is no host", example
	case strings.Contains(host, "/"):
		return "", "is a URL or path, and must be a host", example
	case strings.Contains(host, "*"):
		return "", "is a wildcard, which stands in hosts alone, for the whole first part", `write hosts = ["*.example.com"]`
	case strings.ContainsFunc(host, func(r rune) bool { return r >= 0x80 }):
		if ascii, err := idna.Lookup.ToASCII(host); err == nil {
			return "", "is not ASCII", fmt.Sprintf("write the form that browsers send: %q", ascii)
		}
		return "", "is not ASCII", "write the xn-- form that browsers send"
	case looksNumeric(host):
		return "", "is no valid IP address", example
	}
	if problem := dnsProblem(host); problem != "" {
		return "", problem, example
	}
	return host, "", ""
}

// dnsProblem is why a lower-case ASCII name is no DNS name; "" if it is one. Underscores
// are allowed: names with them are in use.
func dnsProblem(host string) string {
	if len(host) > 253 {
		return "is longer than 253 characters"
	}
	for label := range strings.SplitSeq(host, ".") {
		switch {
		case label == "":
			return "has an empty part between its dots"
		case len(label) > 63:
			return "has a part longer than 63 characters"
		case label[0] == '-' || label[len(label)-1] == '-':
			return "has a part that begins or ends with a hyphen"
		}
		for i := range len(label) {
			if c := label[i]; !(c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '_') {
				return "holds a character that no host name has"
			}
		}
	}
	return ""
}
