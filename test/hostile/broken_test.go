package hostile

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"edgegen/internal/api"
	"edgegen/internal/site"
	"edgegen/test/edge"
	"edgegen/test/load"
)

// TestE2BrokenRules holds that whichever rule of HTTP an app breaks, each client gets its
// own answer or none, and that an answer is refused which can be read in two ways.
func TestE2BrokenRules(t *testing.T) {
	all := rules()
	if len(all) < 100 {
		t.Fatalf("there are %d rules", len(all))
	}
	for _, c := range edge.Named(t, "native,builtin,builtin-web,nginx-alone") {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			h := edge.NewHome(t, c)
			h.CompileAsUsersIn(edge.Native)
			h.Write("site.hcl", fmt.Sprintf(siteText, breaker(t, all)))
			e := h.Run()
			processes := len(e.Family())
			askers := []func() asker{func() asker { return &rawAsker{address: e.HTTPS()} }}
			if c.SpeaksHTTP2() {
				askers = append(askers, func() asker { return newStreams(t, e.HTTPS()) })
			}
			for i := range all {
				held := all[i]
				if !c.Has(site.Nginx) {
					held.differs = ""
				}
				if held.differs != "" {
					t.Logf("%s: %s: as the difference %s says", held.section, held.breach, held.differs)
					if held.differs == "nginx-late-bytes" {
						continue
					}
					held.refused = false
				}
				var work sync.WaitGroup
				for who := range 4 {
					a := askers[who%len(askers)]()
					work.Go(func() { breach(t, a, held, fmt.Sprintf("/%s%d", []string{"", "ttl/"}[who/2], i), who) })
				}
				work.Wait()
			}
			e.Until("the edge is ready", edge.Patience, func(s api.Status) bool { return s.State == "ready" })
			if now := len(e.Family()); now != processes {
				t.Errorf("there are %d processes, and were %d", now, processes)
			}
			if death := died.FindString(e.Err.Text()); death != "" {
				t.Errorf("a daemon died: %s", death)
			}
			e.Stop()
		})
	}
}

// breach asks for an answer that breaks a rule, and for one of its own behind it.
func breach(t *testing.T, a asker, r rule, path string, who int) {
	defer a.close()
	for trial := range 2 {
		own := fmt.Sprintf("%06d", 10*who+trial)
		got, err := a.ask(r.method, path+"?mark="+own)
		switch {
		case err != nil: // the app has broken it off, or the edge has
		case r.refused && got.status < 500:
			t.Errorf("%s: %s: %d with %.60q", r.section, r.breach, got.status, got.text)
		default:
			foreign(t, r, got, own)
		}
		if got, err = a.ask("GET", path+"/own?mark="+own); err != nil { // the connection may have ended with the answer before
			got, err = a.ask("GET", path+"/own?mark="+own)
		}
		if err != nil || got.status != http.StatusOK || !strings.HasSuffix(got.text, "own "+own) {
			t.Errorf("%s: %s: its own answer behind it is %d with %.80q: %v", r.section, r.breach, got.status, got.text, err)
		}
	}
}

// foreign looks for what is another's in an answer.
func foreign(t *testing.T, r rule, got answer, own string) {
	if strings.Contains(got.text, "stolen") && r.differs == "" { // else it is its own body
		t.Errorf("%s: %s: the next answer is in %d %.120q", r.section, r.breach, got.status, got.text)
	}
	for at, rest, ok := strings.Cut(got.text, "<"); ok; at, rest, ok = strings.Cut(rest, "<") {
		if _ = at; len(rest) > 6 && rest[6] == '>' && rest[:6] != own {
			t.Errorf("%s: %s: another's answer %.80q", r.section, r.breach, got.text)
		}
	}
}

// breaker is an app that breaks the rules, by their number in the path.
func breaker(t *testing.T, all []rule) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	load.Serve(t, listener, func(conn net.Conn) {
		for reader := bufio.NewReader(conn); ; {
			request, err := http.ReadRequest(reader)
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, request.Body) // one that breaks off ends the connection at the next read
			own := request.URL.Query().Get("mark")
			if strings.HasSuffix(request.URL.Path, "/own") {
				fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\nown %s", len("own ")+len(own), own)
				continue
			}
			var number int
			if _, err := fmt.Sscan(strings.TrimPrefix(strings.TrimPrefix(request.URL.Path, "/ttl"), "/"), &number); err != nil {
				return
			}
			for i, part := range strings.Split(strings.ReplaceAll(all[number].answer, mark, "<"+own+">"), "\x00") {
				if i > 0 {
					time.Sleep(30 * time.Millisecond) // the app's delay
				}
				_, _ = io.WriteString(conn, part) // the peer may have gone
			}
			if all[number].ends {
				return
			}
		}
	})
	return listener.Addr().String()
}

// answer is what a client has got: its status, and its head and body as text.
type answer struct {
	status int
	text   string
}

// An asker asks one request after the other.
type asker interface {
	ask(method, path string) (answer, error)
	close()
}

// rawAsker keeps one connection of HTTP/1.1 for as long as that goes.
type rawAsker struct {
	address string
	conn    net.Conn
	reader  *bufio.Reader
}

func (a *rawAsker) close() {
	if a.conn != nil {
		_ = a.conn.Close()
		a.conn = nil
	}
}

func (a *rawAsker) ask(method, path string) (answer, error) {
	body := ""
	switch method {
	case "":
		method = "GET"
	case "POST":
		body = "Content-Length: 1\r\n"
	}
	text := fmt.Sprintf("%s %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", method, path, host, body)
	if body != "" {
		text += "x"
	}
	got, err := a.send(method, text, edge.Patience)
	if err != nil {
		return answer{}, err
	}
	return a.read(got)
}

// send writes a request, and reads the head of the answer. The connection ends where either
// fails.
func (a *rawAsker) send(method, text string, patience time.Duration) (*http.Response, error) {
	if a.conn == nil {
		conn, err := tls.DialWithDialer(&net.Dialer{Timeout: patience}, "tcp", a.address, &tls.Config{ServerName: host, InsecureSkipVerify: true})
		if err != nil {
			return nil, err
		}
		a.conn, a.reader = conn, bufio.NewReader(conn)
	}
	_ = a.conn.SetDeadline(time.Now().Add(patience)) // Read fails where it cannot be set
	_, err := io.WriteString(a.conn, text)
	var got *http.Response
	if err == nil {
		got, err = http.ReadResponse(a.reader, &http.Request{Method: method})
	}
	if err != nil {
		a.close()
	}
	return got, err
}

// read takes an answer's body in; the connection ends where the answer says so.
func (a *rawAsker) read(got *http.Response) (answer, error) {
	read, err := whole(got)
	if err != nil || got.Close {
		a.close()
	}
	return read, err
}

// whole is an answer's head and body.
func whole(got *http.Response) (answer, error) {
	var text strings.Builder
	err := got.Header.Write(&text)
	if err == nil {
		_, err = io.Copy(&text, got.Body)
	}
	return answer{got.StatusCode, text.String()}, err
}

// streams asks over HTTP/2.
type streams struct{ http.Client }

func newStreams(t *testing.T, address string) *streams {
	t.Helper()
	protocols := new(http.Protocols)
	protocols.SetHTTP2(true)
	return &streams{http.Client{
		Timeout:       edge.Patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{Protocols: protocols, DisableCompression: true,
			TLSClientConfig: &tls.Config{ServerName: host, InsecureSkipVerify: true, NextProtos: []string{"h2"}},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, address)
			}},
	}}
}

func (s *streams) close() { s.CloseIdleConnections() }

func (s *streams) ask(method, path string) (answer, error) {
	var body io.Reader
	if method == "POST" {
		body = strings.NewReader("x")
	}
	request, err := http.NewRequest(method, "https://"+host+path, body)
	if err != nil {
		return answer{}, err
	}
	got, err := s.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer got.Body.Close()
	return whole(got)
}
