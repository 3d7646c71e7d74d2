package explain

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"edgegen/internal/dataplane/wire"
)

// Live is what came of a request that was sent, beside what was foretold.
type Live struct {
	Address  string            `json:"address"` // that was connected to
	Status   int               `json:"status"`
	Headers  []Field           `json:"headers"`
	Bytes    int64             `json:"bytes"` // of the body
	Duration float64           `json:"duration_ms"`
	Log      LogLine           `json:"log"` // the line of the access log; nil where none was found
	Compared []Compared        `json:"compared"`
	Differs  bool              `json:"differs"`
	header   map[string]string // by lower-case names
}

// Compared is one thing that was foretold, and what came.
type Compared struct {
	What     string `json:"what"`
	Foretold string `json:"foretold"`
	Came     string `json:"came"`
	Differs  bool   `json:"differs"`
}

// ErrBody is a request that says it has a body, of which none is sent.
var ErrBody = errors.New("the request has a body by its header, and --live sends none: leave Content-Length and Transfer-Encoding out")

// Send sends a request to a listener of an edge and reads the answer. Certificates
// are not looked at: what answers is what listens here.
func Send(ctx context.Context, r Request, address string, patience time.Duration, secure bool) (*Live, error) {
	var parsed wire.Request
	if err := wire.ParseRequest(r.Head, &parsed); err == nil && parsed.Length != 0 {
		return nil, ErrBody
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("connect to the edge: %w", err)
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // that ends whoever waits
	defer stop()
	if r.Announced {
		if err := announce(conn, r.Peer); err != nil {
			return nil, err
		}
	}
	if secure {
		conn = tls.Client(conn, &tls.Config{ServerName: serverName(r.Name), InsecureSkipVerify: true,
			GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) { return &r.Client, nil }})
	}
	if _, err := io.WriteString(conn, r.Head); err != nil {
		return nil, fmt.Errorf("send the request to %s: %w", address, err)
	}
	reader, asked := bufio.NewReader(conn), &http.Request{Method: r.Method}
	answer, err := http.ReadResponse(reader, asked)
	for err == nil && answer.StatusCode < 200 && answer.StatusCode != http.StatusSwitchingProtocols {
		answer, err = http.ReadResponse(reader, asked)
	}
	if err != nil {
		return nil, fmt.Errorf("read the answer of %s: %w", address, err)
	}
	l := &Live{Address: address, Status: answer.StatusCode, Headers: []Field{}, header: map[string]string{}}
	for name, values := range answer.Header {
		l.Headers = append(l.Headers, Field{Name: name, Value: strings.Join(values, ", ")})
		l.header[strings.ToLower(name)] = strings.Join(values, ", ")
	}
	slices.SortFunc(l.Headers, func(a, b Field) int { return strings.Compare(a.Name, b.Name) })
	if answer.StatusCode != http.StatusSwitchingProtocols {
		if l.Bytes, err = io.Copy(io.Discard, answer.Body); err != nil {
			return nil, fmt.Errorf("read the answer of %s: it breaks off after %d bytes: %w", address, l.Bytes, err)
		}
	}
	l.Duration = float64(time.Since(began).Microseconds()) / 1000
	return l, nil
}

// announce begins a connection with a PROXY header that names somebody else.
func announce(conn net.Conn, peer netip.Addr) error {
	family, here := "TCP4", "127.0.0.1"
	if peer.Is6() {
		family, here = "TCP6", "::1"
	}
	const anyPort = 49152
	if _, err := fmt.Fprintf(conn, "PROXY %s %s %s %d %d\r\n", family, peer, here, anyPort, anyPort); err != nil {
		return fmt.Errorf("tell the edge who asks: %w", err)
	}
	return nil
}

// Header is a field of the answer, "" where it is not there.
func (l *Live) Header(name string) string { return l.header[strings.ToLower(name)] }

// serverName is what TLS can be asked for: no address (RFC 6066, 3).
func serverName(name string) string {
	if net.ParseIP(strings.Trim(name, "[]")) != nil {
		return ""
	}
	return name
}

// Beside lays what came beside what was foretold. The log is the line of the access
// log, nil for none.
func (e *Explanation) Beside(l *Live, log LogLine) {
	l.Log = log
	cache := l.header["x-cache"]
	e.besideVerdict(l, cache)
	for _, f := range e.AnswerHeaders {
		if e.Status == 0 && l.Status >= 400 && wire.EqualFold(f.Name, "Cache-Control") {
			continue // it is for successes
		}
		came := l.header[strings.ToLower(f.Name)]
		l.compare(f.Name, f.Value, came, came != f.Value)
	}
	for _, name := range e.RemovedHeaders {
		came, there := l.header[strings.ToLower(name)]
		l.compare(name, "(removed)", came, there)
	}
	if log != nil {
		e.besideLine(l, cache)
	}
}

// Recorded lays a line of the access log beside what is foretold for its request.
func (e *Explanation) Recorded(log LogLine) *Live {
	status, _ := log["status"].(float64)
	l := &Live{Status: int(status), Headers: []Field{}, Log: log}
	e.besideVerdict(l, log.Text("cache"))
	e.besideLine(l, log.Text("cache"))
	return l
}

// besideVerdict is about what both an answer and the access log say.
func (e *Explanation) besideVerdict(l *Live, cache string) {
	status := "the app's"
	switch {
	case e.Status != 0:
		status = fmt.Sprint(e.Status)
	case e.Tier == "tls":
		status = "no answer"
	}
	l.compare("status", status, fmt.Sprint(l.Status), e.Status != 0 && l.Status != e.Status || e.Tier == "tls")
	piped := l.Status == http.StatusSwitchingProtocols || strings.HasPrefix(e.Answer, "101")
	l.compare("X-Cache", strings.Join(e.Cache, " or "), cache, !slices.Contains(e.Cache, cache) && !(piped && cache == ""))
}

// besideLine is about what the access log alone knows.
func (e *Explanation) besideLine(l *Live, cache string) {
	made := e.Tier
	if cache == "HIT" || cache == "STALE" {
		made = "cache"
	}
	tier, backend := l.Log.Text("tier"), l.Log.Text("backend")
	came := tier
	if made == "backend" && tier == "web" && l.Status >= 500 {
		came += ", as the app gave no answer"
	}
	l.compare("tier", made, came, tier != made)
	if made == "backend" {
		l.compare("backend", strings.Join(e.Servers, " or "), backend, backend == "")
	} else {
		l.compare("backend", "", backend, backend != "")
	}
	l.compare("client", e.Client, l.Log.Text("client"), e.Client != l.Log.Text("client"))
}

func (l *Live) compare(what, foretold, came string, differs bool) {
	l.Compared = append(l.Compared, Compared{what, foretold, came, differs})
	l.Differs = l.Differs || differs
}
