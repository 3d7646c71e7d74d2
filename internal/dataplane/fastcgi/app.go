package fastcgi

import (
	"net/http"
	"strconv"
	"strings"

	"edgegen/internal/dataplane/wire"
	"edgegen/internal/site"
)

// App is what there is to know of an app that speaks FastCGI. It is immutable.
type App struct {
	Root   string          // absolute; the directory of its scripts
	Index  string          // the name of a file, whose ending is that of all scripts
	Params []site.Variable // that the site sets
	// SecurePort and PlainPort are those that clients see, for https and http.
	SecurePort, PlainPort string
	// Stderr is told each line that the app writes to its log. It must be quick;
	// nil for nobody.
	Stderr func(line string)
}

// Software is SERVER_SOFTWARE where the site does not say otherwise.
const Software = "edgegen"

// AppendRequest appends the beginning of a request for a script, up to its body.
// The header is one that names the client, as the edge's does.
func (a *App) AppendRequest(b []byte, r *wire.Request, s Script) []byte {
	b = append(appendHeader(b, beginRequest, 8), 0, responder, 0, 0, 0, 0, 0, 0)
	b = appendStream(b, params, a.appendParams(nil, r, s))
	return appendHeader(b, params, 0)
}

func (a *App) appendParams(b []byte, r *wire.Request, s Script) []byte {
	software := Software
	for _, p := range a.Params {
		switch {
		case p.Name == "SERVER_SOFTWARE":
			software = p.Value
		case !site.IsReservedParam(p.Name):
			b = appendPair(b, p.Name, p.Value)
		}
	}
	_, query, _ := strings.Cut(r.Target, "?")
	name, _ := wire.SplitPort(r.Host)
	scheme, port := "http", a.PlainPort
	if r.Header.Get("X-Forwarded-Proto") == "https" {
		scheme, port = "https", a.SecurePort
		b = appendPair(b, "HTTPS", "on")
	}
	for _, p := range [...]struct{ Name, Value string }{
		{"GATEWAY_INTERFACE", "CGI/1.1"}, {"SERVER_SOFTWARE", software}, {"SERVER_PROTOCOL", "HTTP/1.1"},
		{"SERVER_NAME", strings.ToLower(strings.TrimSuffix(name, "."))}, {"SERVER_PORT", port},
		{"REMOTE_ADDR", r.Header.Get("X-Real-IP")},
		{"REQUEST_METHOD", r.Method}, {"REQUEST_URI", r.Target}, {"REQUEST_SCHEME", scheme}, {"QUERY_STRING", query},
		{"DOCUMENT_ROOT", a.Root}, {"DOCUMENT_URI", s.Name + s.Info},
		{"SCRIPT_NAME", s.Name}, {"SCRIPT_FILENAME", strings.TrimSuffix(a.Root, "/") + s.Name}, {"PATH_INFO", s.Info},
		{"REDIRECT_STATUS", "200"}, {"HTTP_HOST", r.Host},
	} {
		b = appendPair(b, p.Name, p.Value)
	}
	if r.Length > 0 || r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch {
		b = appendPair(b, "CONTENT_LENGTH", strconv.FormatInt(max(r.Length, 0), 10))
	}
	return appendFields(b, r.Header)
}

// appendFields appends the fields of a header, each by its name alone once.
func appendFields(b []byte, h wire.Header) []byte {
	for i, f := range h {
		switch {
		case strings.IndexByte(f.Name, '_') >= 0, wire.EqualFold(f.Name, "Proxy"), wire.EqualFold(f.Name, "Host"),
			wire.EqualFold(f.Name, "Content-Length"), wire.EqualFold(f.Name, "Transfer-Encoding"):
			continue
		case wire.EqualFold(f.Name, "Content-Type"):
			if !h[:i].Has(f.Name) {
				b = appendPair(b, "CONTENT_TYPE", f.Value)
			}
			continue
		case h[:i].Has(f.Name):
			continue
		}
		value := f.Value
		if h[i+1:].Has(f.Name) {
			separator := ", "
			if wire.EqualFold(f.Name, "Cookie") {
				separator = "; "
			}
			var all []string
			for v := range h.Values(f.Name) {
				all = append(all, v)
			}
			value = strings.Join(all, separator)
		}
		b = appendPair(b, "HTTP_"+strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_")), value)
	}
	return b
}
