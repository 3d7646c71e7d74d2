package gateway

import (
	"cmp"
	"strconv"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"edgegen/internal/site"
)

// redirect is an answer that leads elsewhere.
type redirect struct {
	status  int
	scheme  string // "" for the one that was asked by
	host    string // "" likewise
	port    int32  // 0 for the scheme's, or where no scheme is named, the listener's
	replace *replacement
}

func readRedirect(spec *gatewayv1.HTTPRequestRedirectFilter) (r *redirect, err error) {
	r = &redirect{status: 302, host: hostname(spec.Hostname)}
	if spec.StatusCode != nil {
		r.status = *spec.StatusCode
	}
	if spec.Scheme != nil {
		r.scheme = *spec.Scheme
	}
	if spec.Port != nil {
		r.port = *spec.Port
	}
	r.replace, err = readReplacement(spec.Path)
	return r, err
}

// base is scheme, host and port of the target, behind a listener. host is "" where it
// is not known.
func (r *redirect) base(l *listener, host string) (scheme, authority string) {
	scheme, port := r.scheme, r.port
	if scheme == "" {
		scheme, port = "http", cmp.Or(port, l.Port)
		if l.tls() {
			scheme = "https"
		}
	}
	host = cmp.Or(r.host, host)
	if port == 0 || scheme == "http" && port == 80 || scheme == "https" && port == 443 {
		return scheme, host
	}
	return scheme, host + ":" + strconv.Itoa(int(port))
}

// target is where a match leads, as the language says it: a URL, and whether what is
// below the path goes along; false where the host or the path that goes along is not
// known before, which takes the answer Leading.
func (r *redirect) target(m match, l *listener, name string) (to string, keep, ok bool) {
	_, wild := site.Beneath(name)
	if r.host == "" && (name == "" || wild) {
		return "", false, false
	}
	scheme, authority := r.base(l, name)
	base := scheme + "://" + authority
	switch {
	case r.replace != nil && r.replace.prefix:
		return base + cmp.Or(r.replace.path, "/"), true, true
	case r.replace != nil:
		return base + r.replace.path, false, true
	case m.kind == prefixPath:
		return base + m.path, true, true
	case m.kind == exactPath:
		return base + m.path, false, true
	}
	return "", false, false
}

// instruction is what the answer Leading is told of a redirect, in the field
// InstructionName.
func (r *redirect) instruction(l *listener) string {
	scheme, authority := r.base(l, "")
	return strings.TrimSpace(strconv.Itoa(r.status) + " " + scheme + " " + authority)
}
