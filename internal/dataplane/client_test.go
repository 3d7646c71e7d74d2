package dataplane

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// h2client asks over HTTP/2.
type h2client struct{ http.Client }

func (e *edge) client(t testing.TB) *h2client {
	transport := &http.Transport{ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: chatHost},
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, network, e.https)
		}}
	t.Cleanup(transport.CloseIdleConnections)
	return &h2client{http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

func (c *h2client) ask(path, field string) (status int, text string, err error) {
	q, err := http.NewRequest("GET", "https://"+chatHost+path, nil)
	if err != nil {
		return 0, "", err
	}
	if name, value, ok := strings.Cut(field, ": "); ok {
		q.Header.Set(name, value)
	}
	r, err := c.Do(q)
	if err != nil {
		return 0, "", err
	}
	defer r.Body.Close()
	if r.ProtoMajor != 2 {
		return 0, "", fmt.Errorf("over %s", r.Proto)
	}
	body, err := io.ReadAll(r.Body)
	return r.StatusCode, string(body), err
}

// keepAlive asks over HTTP/1.1, on one connection as long as that is kept.
func (e *edge) keepAlive(t testing.TB) func(path, field string) (int, string, error) {
	var c net.Conn
	var r *bufio.Reader
	t.Cleanup(func() {
		if c != nil {
			c.Close()
		}
	})
	return func(path, field string) (int, string, error) {
		if c == nil {
			raw, err := tls.Dial("tcp", e.https, &tls.Config{InsecureSkipVerify: true, ServerName: chatHost})
			if err != nil {
				return 0, "", err
			}
			c, r = raw, bufio.NewReader(raw)
		}
		if field != "" {
			field += "\r\n"
		}
		_ = c.SetDeadline(time.Now().Add(30 * time.Second))
		if _, err := io.WriteString(c, strings.TrimSuffix(request("GET", path), "\r\n")+field+"\r\n"); err != nil {
			return 0, "", err
		}
		response, err := http.ReadResponse(r, nil)
		if err != nil {
			return 0, "", err
		}
		body, err := io.ReadAll(response.Body)
		if response.Close {
			c.Close()
			c = nil
		}
		return response.StatusCode, string(body), err
	}
}
