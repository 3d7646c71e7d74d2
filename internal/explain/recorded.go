package explain

import (
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"edgegen/internal/site"
)

// AskedIn are the requests that a line of the log may be of, the likeliest first, as far
// as that tells: it has the target and the host, and of the header Referer and User-Agent
// alone. Plain listeners are not told from others.
func AskedIn(l LogLine) ([]Request, error) {
	for _, name := range []string{"method", "host", "path", "protocol"} {
		if _, has := l[name]; !has {
			return nil, fmt.Errorf("the lines of the access log have no %s: add %q to log.fields, or leave fields out", name, name)
		}
	}
	if l.Text("protocol") == "" || l.Text("method") == "" {
		return nil, errors.New("the line of the access log is of a request whose head could not be read: 400, or 431 where it was too large")
	}
	asked := Asked{Method: l.Text("method"), URL: "https://" + l.Text("host") + l.Text("path")}
	for _, one := range []struct{ field, name string }{{"referer", "Referer"}, {"user_agent", "User-Agent"}} {
		if text := l.Text(one.field); text != "" {
			asked.Fields = append(asked.Fields, one.name+": "+text)
		}
	}
	switch l.Text("protocol") {
	case "HTTP/2.0":
		asked.Protocol = site.HTTP2
	case "HTTP/3.0":
		asked.Protocol = site.HTTP3
	}
	status, _ := l["status"].(float64)
	tunnel := asked.Method == http.MethodConnect && strings.HasPrefix(l.Text("path"), "/") // RFC 8441
	if status == http.StatusSwitchingProtocols || tunnel {
		asked.Method, asked.URL = http.MethodGet, "wss"+strings.TrimPrefix(asked.URL, "https")
	}
	urls := []string{asked.URL}
	if location := status == http.StatusMovedPermanently || status == http.StatusPermanentRedirect; location && l.Text("tier") == site.CacheTier && asked.Protocol == "" {
		urls = append(urls, "http"+strings.TrimPrefix(asked.URL, "https"))
	}
	var all []Request
	for _, url := range urls {
		asked.URL = url
		r, err := Ask(asked)
		if err != nil {
			return nil, fmt.Errorf("read the line of the access log: %w", err)
		}
		r.Named = false
		r.Peer, _ = netip.ParseAddr(l.Text("client")) // the zero address where it tells none
		all = append(all, r)
	}
	return all, nil
}

// Time is when the request of a line came, and how precisely that is told; false where
// it is not.
func (l LogLine) Time() (when time.Time, precision time.Duration, told bool) {
	if when, err := time.Parse(time.RFC3339, l.Text("time")); err == nil {
		return when, time.Millisecond, true
	}
	when, err := time.Parse("02/Jan/2006:15:04:05 -0700", l.Text("time"))
	return when, time.Second, err == nil
}

// Likeliest explains the first of the requests that took the way of a line of the access
// log, or else the first of them, and lays the line beside it.
func (e *Explainer) Likeliest(all []Request, line LogLine) (likeliest *Explanation) {
	for _, r := range all {
		one := e.Explain(r)
		one.Live = one.Recorded(line)
		if !one.Live.Differs {
			return one
		}
		if likeliest == nil {
			likeliest = one
		}
	}
	return likeliest
}
